import { containerSuite } from './container-suite.ts';

containerSuite('docker');
