// One small question to one peer over a connection of its own: the routes beside those of a sync.
// Spec: docs/sync.md, "The asking side".

import type { Key } from '../../proto/ids.ts';
import { type ChannelOptions, ChannelFault, openChannel } from './channel.ts';
import { BODY_BYTES_MAX } from './limits.ts';
import { PROTOBUF } from './media.ts';

export interface Answer {
  readonly from: Key;
  readonly body: Uint8Array;
}

/** The answer to a body at a path; throws `ChannelFault` where there is none. */
export async function askPeer(
  options: ChannelOptions,
  path: string,
  body: Uint8Array,
  answerBytesMax: number = BODY_BYTES_MAX,
): Promise<Answer> {
  const channel = openChannel(options);
  try {
    const reply = await channel.ask({ path, type: PROTOBUF, body });
    if (reply.status !== 200) {
      reply.drop();
      throw new ChannelFault(`the peer answers with status ${reply.status}`, reply.status < 500);
    }
    const parts: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const part of reply.stream) {
      sizeBytes += part.length;
      if (sizeBytes > answerBytesMax) throw new ChannelFault('the answer is too long', true);
      parts.push(part);
    }
    return { from: reply.from, body: Buffer.concat(parts) };
  } finally {
    channel.close();
  }
}
