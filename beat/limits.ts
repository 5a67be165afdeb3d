// The bounds of the heart, each with its reason. Those marked AGREED are kept by all members: one
// with another value would be doubted, or would refuse packets of the others.
// Spec: docs/heartbeat.md, "Numbers".

/** AGREED. How often a node speaks when nothing changes. */
export const INTERVAL_MS = 10_000;
/** AGREED. Changes within it make one heartbeat: a busy host must not fill the network. */
export const COALESCE_MS = 1_000;
/** Three heartbeats missed, and two seconds for the road and a busy sender. */
export const SUSPECT_AFTER_MS: number = 3 * INTERVAL_MS + 2_000;
/** Six missed. */
export const DOWN_AFTER_MS: number = 6 * INTERVAL_MS + 2_000;
/** Between two looks at the watch: a longer gap was our own sleep, and nobody else's fault. */
export const LOOK_MS_MAX = 5_000;

/**
 * AGREED. A datagram: the mesh's MTU of 1,280 less the headers of IPv6 and UDP is 1,232, and a
 * fragmented heartbeat would be lost twice as often.
 */
export const PACKET_BYTES_MAX = 1_200;
/** The signature (2 + 64), the body's own tag and length (3) and the question (2). */
export const BODY_BYTES_MAX: number = PACKET_BYTES_MAX - 71;

/**
 * AGREED. A removal or a member is named by the first 15 bytes of its id, which are the first 20
 * symbols of its text: 2^120 tries to mimic one.
 */
export const BRIEF_BYTES = 15;
export const BRIEF_CHARS = 20;
/** AGREED. One above it always has a number; seconds since 1970 are 2^31, and a start adds one. */
export const INCARNATION_MAX: number = 2 ** 48;
/** AGREED. Tells two starts with one key apart; drawn at random. */
export const INSTANCE_BYTES = 8;
/** AGREED. `0.10.12-beta.1` and the like. */
export const VERSION_CHARS_MAX = 24;
/** AGREED. Removals in one packet: more are named in turn, packet by packet. */
export const ACKS_MAX = 8;
/** AGREED. Rotations under way at one time: each lasts seconds. */
export const ROTATIONS_MAX = 8;
/** AGREED. A node watches about eight others where the network is large. */
export const DOUBTS_MAX = 8;
/** AGREED. Cards of one machine; a packet names as many as fit, and says how many there are. */
export const GPUS_MAX = 16;
/** AGREED. `NVIDIA GeForce RTX 4090` has 23. */
export const GPU_NAME_CHARS_MAX = 32;
/**
 * AGREED. An image in an offer is named by the first 6 bytes of its id, 8 symbols of its text: who
 * takes one for another likes a node a little more than it should.
 */
export const IMAGE_BYTES = 6;
export const IMAGE_CHARS = 8;
/** AGREED. Images in an offer, the newest: 144 bytes of a packet that mostly is a third full. */
export const IMAGES_TOLD_MAX = 24;
/** AGREED. One observation: an address, a key's half, a counter and a signature. */
export const OBSERVATION_BYTES_MAX = 192;
/** AGREED. Observations in one packet: more are told in turn. */
export const OBSERVATIONS_MAX = 8;

/** A packet of an older process later than this after a newer one's was no late packet. */
export const STRAGGLER_MS = 2_000;
/** The last packets of a member that are known again: as many are sent within STRAGGLER_MS. */
export const RECENT_MAX = 4;
/** How often the older process must have spoken again: one may have hung on the road. */
export const RETURNS_MIN = 2;
/** A calendar that is off by this much more than before has jumped; less is the road. */
export const CLOCK_JUMP_MS = 1_000;
/** A clone is over when for so long only one of the two was heard: 60 heartbeats. */
export const CLONE_QUIET_MS: number = 60 * INTERVAL_MS;

/**
 * Torn heartbeats (agree.ts) before the alarm: records that arrive between two roots of one packet
 * make one or two, a bug makes all.
 */
export const STATE_DIFFERS_BEATS = 3;
/** Removals whose coverage is followed, the newest: older ones are done, or never will be. */
export const REMOVALS_MAX = 64;

/**
 * AGREED. From so many members on, each is watched by a few: below, everybody to everybody costs a
 * node less than 15 kB/s.
 */
export const RING_MEMBERS_MIN = 300;
/** AGREED. Of eight, half may be switched off and three doubts still come together (docs). */
export const WATCHERS = 8;
/** Doubts of so many watchers take a host out: one or two may have a broken link. */
export const DOUBTERS_MIN = 3;
/** A watcher says for so long that it misses a member: by then everyone knows, or has forgotten. */
export const DOUBT_MS: number = 30 * INTERVAL_MS;
/** A relayed packet is forgotten after that: nobody may place by an older one. */
export const RELAYED_MS: number = 6 * INTERVAL_MS;
/** Packets of members kept, the last of each: 1.2 MB, and more hosts than a placer compares. */
export const KEPT_MAX = 1_024;
/** To how many members, drawn at random, a packet with a new doubt or its refutation goes on. */
export const SPREAD_TO = 4;
/** Such packets in one second: more wait for the next. */
export const SPREAD_MAX = 8;
/** First-hand packets passed on with each heartbeat, each to one member drawn at random. */
export const PASSED_ON = 8;
/** A member that asks again within this gets no second answer. */
export const ANSWER_MS = 1_000;
