import { lifeSuite } from './container-suite.ts';
import { containerWorld } from './container-world.ts';
import { surroundingsSuite } from './surroundings-suite.ts';

const world = containerWorld('docker');
lifeSuite(world);
surroundingsSuite(world);
