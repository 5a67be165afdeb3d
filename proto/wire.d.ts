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

  /** Where members were reached last, as one of them tells another: addresses to try. */
  interface EndpointsReply {
    members: MemberEndpoints[];
  }
  const EndpointsReply: Codec<EndpointsReply>;

  interface MemberEndpoints {
    key: Uint8Array;
    /** HOST:PORT, best first. */
    endpoints: string[];
  }
  const MemberEndpoints: Codec<MemberEndpoints>;

  /** What follows is the ceremony by which a machine joins (docs/pairing.md). A frame holds exactly one of its fields, and so does an inner message. */
  interface PairingFrame {
    hello?: PairingHello | null;
    share?: PairingShare | null;
    tag?: PairingTag | null;
    sealed?: PairingSealed | null;
    failure?: PairingFailure | null;
  }
  const PairingFrame: Codec<PairingFrame>;

  interface PairingHello {
    version: number;
    /** Rising; 1 is CPACE-X25519-SHA512. */
    suites: number[];
    /** 1 admitter, 2 newcomer. */
    role: number;
    key: Uint8Array;
    nonce: Uint8Array;
    name: string;
    /** Of the admitter: the id of its ledger. */
    network: Uint8Array;
    /** Of the admitter: the frontier root of its ledger. */
    frontier: Uint8Array;
    /** Of the newcomer: its WireGuard key, with that key's own word for it in this network. */
    wireguard?: PairingWireguard | null;
  }
  const PairingHello: Codec<PairingHello>;

  interface PairingWireguard {
    key: Uint8Array;
    counter: number;
    sig: Uint8Array;
  }
  const PairingWireguard: Codec<PairingWireguard>;

  interface PairingShare {
    y: Uint8Array;
    /** The sender's signature over both hellos. */
    ad: Uint8Array;
  }
  const PairingShare: Codec<PairingShare>;

  interface PairingTag {
    tag: Uint8Array;
  }
  const PairingTag: Codec<PairingTag>;

  interface PairingSealed {
    /** An inner message under ChaCha20-Poly1305. */
    box: Uint8Array;
  }
  const PairingSealed: Codec<PairingSealed>;

  interface PairingFailure {
    /** 0 in the clear, where nothing is told. */
    reason: number;
  }
  const PairingFailure: Codec<PairingFailure>;

  interface PairingInner {
    introduction?: PairingIntroduction | null;
    welcome?: PairingWelcome | null;
    proposal?: PairingProposal | null;
    acceptance?: PairingAcceptance | null;
    result?: PairingResult | null;
    next?: PairingNext | null;
    page?: PairingPage | null;
    joined?: PairingJoined | null;
    still?: PairingStill | null;
    failure?: PairingFailure | null;
  }
  const PairingInner: Codec<PairingInner>;

  /** What the new machine says of itself. */
  interface PairingIntroduction {
    /** The preset it asks for; what it gets is the operator's decision. */
    role: string;
    labels: string[];
    endpoints: string[];
    hardware?: PairingHardware | null;
    /** Admissions that it has accepted and not seen. */
    pledges: PairingPledge[];
  }
  const PairingIntroduction: Codec<PairingIntroduction>;

  interface PairingHardware {
    model: string;
    system: string;
    cpu: string;
    cores: number;
    memoryMib: number;
    diskMib: number;
    gpus: PairingGpu[];
  }
  const PairingHardware: Codec<PairingHardware>;

  interface PairingGpu {
    name: string;
    memoryMib: number;
  }
  const PairingGpu: Codec<PairingGpu>;

  interface PairingPledge {
    admitter: Uint8Array;
    ceremony: Uint8Array;
  }
  const PairingPledge: Codec<PairingPledge>;

  /** What the admitter says of its network. */
  interface PairingWelcome {
    network: string;
  }
  const PairingWelcome: Codec<PairingWelcome>;

  interface PairingProposal {
    /** The body of the admission but for its acceptance: canonical JSON. */
    body: Uint8Array;
    /** Whom to ask for the record, should the admitter be gone when it is written. */
    members: PairingMember[];
  }
  const PairingProposal: Codec<PairingProposal>;

  interface PairingAcceptance {
    signature: Uint8Array;
  }
  const PairingAcceptance: Codec<PairingAcceptance>;

  interface PairingResult {
    /** The record of the admission: a line without its newline. */
    record: Uint8Array;
    members: PairingMember[];
  }
  const PairingResult: Codec<PairingResult>;

  /** Where a member was reached last. */
  interface PairingMember {
    key: Uint8Array;
    endpoints: string[];
  }
  const PairingMember: Codec<PairingMember>;

  interface PairingNext {
    number: number;
  }
  const PairingNext: Codec<PairingNext>;

  /** Whole lines of the ledger, each with its newline, in an order that keeps every link. */
  interface PairingPage {
    number: number;
    lines: Uint8Array;
    last: boolean;
  }
  const PairingPage: Codec<PairingPage>;

  interface PairingJoined {
  }
  const PairingJoined: Codec<PairingJoined>;

  /** A sign of life while a person reads or a disk writes. */
  interface PairingStill {
  }
  const PairingStill: Codec<PairingStill>;

  /** A datagram of the heart (docs/heartbeat.md): a heartbeat, signed by its subject. One that comes from another address than its subject's own was relayed. */
  interface BeatDatagram {
    /** A BeatBody, in exactly the bytes that were signed. */
    body: Uint8Array;
    signature: Uint8Array;
    /** The sender asks for the receiver's own heartbeat, at once. */
    answer: boolean;
  }
  const BeatDatagram: Codec<BeatDatagram>;

  interface BeatBody {
    subject: Uint8Array;
    ledger: Uint8Array;
    /** Rises with each start of the daemon. */
    incarnation: number;
    /** Rises with each heartbeat of one incarnation. */
    sequence: number;
    /** Drawn at each start: tells two machines with one key apart. */
    instance: Uint8Array;
    /** Milliseconds since 1970 by the subject's calendar clock. */
    clock: number;
    count: number;
    frontierRoot: Uint8Array;
    stateRoot: Uint8Array;
    rules: number;
    /** Of the program. */
    version: string;
    /** 1 offers to relay, 2 lends its lobby. Unknown bits are left alone. */
    flags: number;
    headroom?: BeatHeadroom | null;
    /** Of what runs there; absent where nothing does. */
    work: Uint8Array;
    /** Removals that are carried out here: the first 15 bytes of the record's id. */
    acks: Uint8Array[];
    rotations: BeatRotation[];
    doubts: BeatDoubt[];
    /** Where others appear from here: bytes that the heart only carries. */
    observations: Uint8Array[];
    /** Absent where no work is taken at all. */
    offer?: BeatOffer | null;
  }
  const BeatBody: Codec<BeatBody>;

  /** What a member asks of the work of a host (docs/running.md, "Between members"). */
  interface WorkAt {
    /** A ULID; empty where all is meant. */
    id: string;
    generation: number;
  }
  const WorkAt: Codec<WorkAt>;

  interface WorkLogRequest {
    work?: WorkAt | null;
    fromSeq: number;
    /** For the next frame, where there is none yet. */
    waitMs: number;
  }
  const WorkLogRequest: Codec<WorkLogRequest>;

  interface WorkLogPage {
    /** False: there is no such log here. */
    known: boolean;
    /** Of the first frame, and the hash of all before it. */
    seq: number;
    hash: Uint8Array;
    frames: Uint8Array;
    next: number;
    ended: boolean;
  }
  const WorkLogPage: Codec<WorkLogPage>;

  /** What was typed at the console of a machine. */
  interface WorkTyped {
    work?: WorkAt | null;
    bytes: Uint8Array;
  }
  const WorkTyped: Codec<WorkTyped>;

  interface WorkTypedReply {
    /** False: it has no console for the caller now. */
    taken: boolean;
  }
  const WorkTypedReply: Codec<WorkTypedReply>;

  interface WorkOutputRequest {
    work?: WorkAt | null;
    path: string;
    offset: number;
  }
  const WorkOutputRequest: Codec<WorkOutputRequest>;

  interface WorkOutputPart {
    known: boolean;
    bytes: Uint8Array;
    last: boolean;
  }
  const WorkOutputPart: Codec<WorkOutputPart>;

  /** A signed document, or rows, as JSON; absent where there is none. */
  interface WorkPaper {
    json?: string | null;
  }
  const WorkPaper: Codec<WorkPaper>;

  /** What is still promised to new work. What is absent is unknown, and never zero. */
  interface BeatOffer {
    /** 0 open, 1 recovering, 2 draining, 3 frozen. */
    taking: number;
    /** 1 job, 2 vm. Unknown bits are left alone. */
    kinds: number;
    cpuMilli?: number | null;
    memMib?: number | null;
    diskMib?: number | null;
    /** Which of the headroom's cards have a holder, by their place there. */
    takenCards: number[];
    /** Pieces of work that hold room. */
    held: number;
    /** Images that it holds whole, the newest first: of each the first 6 bytes of its id. */
    images: Uint8Array;
    /** What it charges a job and a VM beside their own wish; absent: nothing. */
    job?: BeatBeside | null;
    vm?: BeatBeside | null;
  }
  const BeatOffer: Codec<BeatOffer>;

  interface BeatBeside {
    memMib: number;
    diskMib: number;
  }
  const BeatBeside: Codec<BeatBeside>;

  /** What is absent is unknown, and never zero. */
  interface BeatHeadroom {
    cpuMilli?: number | null;
    cpuFreeMilli?: number | null;
    ramMib?: number | null;
    ramFreeMib?: number | null;
    diskMib?: number | null;
    diskFreeMib?: number | null;
    /** The load average of a minute, times 100. */
    loadCenti?: number | null;
    /** How many there are, whether or not all fitted in. */
    gpuCount?: number | null;
    gpus: BeatGpu[];
  }
  const BeatHeadroom: Codec<BeatHeadroom>;

  interface BeatGpu {
    name: string;
    vramMib?: number | null;
    vramFreeMib?: number | null;
    loadPercent?: number | null;
    /** 0 fit, 1 unhealthy, 2 split into instances (MIG). */
    state: number;
  }
  const BeatGpu: Codec<BeatGpu>;

  /** The new WireGuard key of a member (the first 15 bytes of its node key) is set up here. */
  interface BeatRotation {
    member: Uint8Array;
    counter: number;
  }
  const BeatRotation: Codec<BeatRotation>;

  /** Nothing newer was heard of a watched member for three heartbeats. */
  interface BeatDoubt {
    subject: Uint8Array;
    incarnation: number;
    sequence: number;
  }
  const BeatDoubt: Codec<BeatDoubt>;

  /** Where a member appears from here: what its peers tell a node of its own NAT (docs/links.md). Signed bytes are carried and checked exactly as they came. */
  interface MeshSigned {
    by: Uint8Array;
    /** A MeshSighting or a MeshMeet: the prefix of the signature tells which. */
    body: Uint8Array;
    signature: Uint8Array;
  }
  const MeshSigned: Codec<MeshSigned>;

  interface MeshSighting {
    subject: Uint8Array;
    /** Rises with each of its observer's. */
    sequence: number;
    /** The 4 or 16 bytes of the IP address, then the port, the high byte first. */
    address: Uint8Array;
  }
  const MeshSighting: Codec<MeshSighting>;

  /** "I start to look for you now", for one other member; also the answer to it. */
  interface MeshMeet {
    to: Uint8Array;
    /** Rises with each of its author's, across its starts too. */
    sequence: number;
    /** 0 unknown, 1 endpoint-independent, 2 endpoint-dependent. */
    nat: number;
    /** Where the author says it is: addresses of its own, in the form of a sighting's. */
    addresses: Uint8Array[];
    /** MeshSigned sightings of the author by its peers. */
    sightings: Uint8Array[];
  }
  const MeshMeet: Codec<MeshMeet>;

  /** POST /v1/mesh/meet: of a member for another, handed on once. */
  interface MeshMeetRequest {
    to: Uint8Array;
    /** A MeshSigned meet by the one that looks. */
    meet: Uint8Array;
    /** Of whoever hands it on: where it sees the one that looks. */
    sighting: Uint8Array;
  }
  const MeshMeetRequest: Codec<MeshMeetRequest>;

  interface MeshMeetReply {
    /** A MeshSigned meet by the one that was looked for. */
    meet: Uint8Array;
    sighting: Uint8Array;
  }
  const MeshMeetReply: Codec<MeshMeetReply>;

  /** POST /v1/mesh/lease: the caller wants ports for itself and this other member. */
  interface MeshLeaseRequest {
    peer: Uint8Array;
  }
  const MeshLeaseRequest: Codec<MeshLeaseRequest>;

  /** Zero: there is none to be had. */
  interface MeshLeaseReply {
    port: number;
  }
  const MeshLeaseReply: Codec<MeshLeaseReply>;

  /** POST /v1/mesh/leased: the relay tells the other of the two. */
  interface MeshLeased {
    peer: Uint8Array;
    port: number;
  }
  const MeshLeased: Codec<MeshLeased>;

  interface MeshDone {
  }
  const MeshDone: Codec<MeshDone>;

  /** POST /v1/images/have, /v1/images/chunks and, with `at`, /v1/images/chunk: docs/images.md. */
  interface ImageRequest {
    image: Uint8Array;
    at: number;
  }
  const ImageRequest: Codec<ImageRequest>;

  /** No size: it is not held here. */
  interface ImageHaveReply {
    image?: ImageFacts | null;
  }
  const ImageHaveReply: Codec<ImageHaveReply>;

  /** POST /v1/images/list */
  interface ImageListRequest {
  }
  const ImageListRequest: Codec<ImageListRequest>;

  interface ImageListReply {
    images: ImageFacts[];
  }
  const ImageListReply: Codec<ImageListReply>;

  interface ImageFacts {
    image: Uint8Array;
    size: number;
    form: string;
    names: string[];
  }
  const ImageFacts: Codec<ImageFacts>;
}
