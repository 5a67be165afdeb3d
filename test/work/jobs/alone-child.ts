// The child of bubble.test.ts, where root is the only user there is: what the driver finds there.

import { bubbleDriver } from '../../../src/work/jobs/bubbles.ts';

const probed = await bubbleDriver({ state: '/', home: '' }).probe();
process.stdout.write(`${JSON.stringify(probed)}\n`);
