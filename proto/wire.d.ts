// Written by `npm run proto` from kith.proto. Do not edit.

export interface Codec<Message> {
  encode(message: Message): { finish(): Uint8Array };
  /** Throws on bytes that are no such message. Byte fields are views into `bytes`. */
  decode(bytes: Uint8Array): Message;
}

export namespace kith {
  /** The first message of each side of a sync, and what a heartbeat says of the ledger. */
  interface Hello {
    ledger: Uint8Array;
    count: number;
    frontierRoot: Uint8Array;
    stateRoot: Uint8Array;
    rules: number;
  }
  const Hello: Codec<Hello>;
}
