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

  /** One author of a frontier (ledger/frontier.ts). */
  interface FrontierEntry {
    author: Uint8Array;
    seq: number;
    id: Uint8Array;
    /** 0 none, 1 fork, 2 cut. */
    mark: number;
    /** The id of the deciding cut, with mark 2 only. */
    cut: Uint8Array;
    /** Steps from genesis: in which order to ask. */
    generation: number;
  }
  const FrontierEntry: Codec<FrontierEntry>;

  /** A subtree of the frontier trie: the first halves of its 16 child hashes in one row, or where it is small its entries. Neither: it is empty. */
  interface TrieNode {
    children: Uint8Array;
    entries: FrontierEntry[];
  }
  const TrieNode: Codec<TrieNode>;

  interface HelloReply {
    self?: Hello | null;
    /** The root of the trie; absent where the frontiers are equal. */
    root?: TrieNode | null;
  }
  const HelloReply: Codec<HelloReply>;

  interface WalkRequest {
    places: WalkPlace[];
  }
  const WalkRequest: Codec<WalkRequest>;

  interface WalkPlace {
    /** One nibble per byte, from the root. */
    path: Uint8Array;
    /** Up to how many entries are sent as entries. */
    flat: number;
  }
  const WalkPlace: Codec<WalkPlace>;

  interface WalkReply {
    /** Those of the first places asked for, as many as fit, at least one. */
    nodes: TrieNode[];
  }
  const WalkReply: Codec<WalkReply>;

  interface PullRequest {
    wants: Want[];
  }
  const PullRequest: Codec<PullRequest>;

  /** The records of an author past the first of these places that the server has on its live path. */
  interface Want {
    author: Uint8Array;
    /** Highest first. */
    have: ChainPlace[];
    /** Goes on with a reply that ended here; 0 otherwise. */
    from: number;
  }
  const Want: Codec<Want>;

  interface ChainPlace {
    seq: number;
    id: Uint8Array;
  }
  const ChainPlace: Codec<ChainPlace>;

  interface PushReply {
    accepted: number;
    duplicates: number;
    parked: number;
    refused: number;
  }
  const PushReply: Codec<PushReply>;
}
