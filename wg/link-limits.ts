// The bounds of finding and keeping a path to each peer, of relays, of the LAN beacon and of key
// rotation, each with its reason. Spec: docs/links.md.

/** Between two heartbeats (beat/ sends them). */
const BEAT_MS = 10_000;

/** Addresses tried for one peer: two rounds of them end before a person gives up. */
export const CANDIDATES_MAX = 10;
/** One candidate: a handshake around the world takes 0.4 s, and one on the way is not cut off. */
export const SLOT_MS = 1_250;
/** Rounds of a first search: the second serves lost packets and filters that opened late. */
export const ROUNDS = 2;
/** Without any sign of life: two heartbeats missed, and some time for the second to arrive. */
export const SILENCE_MS: number = 2 * BEAT_MS + 2_000;
/** After which a peer is asked for a sign of life: one heartbeat missed. */
export const ASK_AFTER_MS: number = BEAT_MS + 2_000;
/** And again, until it is given up. */
export const ASK_AGAIN_MS = 3_000;
/** For its answer, where there is a doubt: three round trips around the world. */
export const ANSWER_MS = 1_000;
/** Between two questions meanwhile: the first may be lost. */
export const DOUBT_ASK_MS = 350;
/** Two changes of the network closer than this are one: interfaces come up in steps. */
export const CHANGE_GAP_MS = 5_000;
/**
 * Between two meets of one side: a little less than a round of two addresses, so that each round of
 * a search says again what may have been lost.
 */
export const MEET_GAP_MS = 2_400;
/** Slots of a search for a direct path beside a relay: with one address it is tried twice. */
export const PROBE_SLOTS_MIN = 2;
/** A path over a relay is left alone for as long, whoever wants to search. */
export const REST_MS = 5_000;
/** The first search of a relayed pair: its routers may just have been slow, or a packet lost. */
export const PROBE_FIRST_MS = 12_000;
/** The later ones: 1, 2, 4 ... 60 minutes apart. */
export const PROBE_NEXT_MS = 60_000;
export const PROBE_MS_MAX: number = 60 * 60_000;
/** For a relay to answer: a request over a link that works. */
export const LEASE_MS = 4_000;
/** A lease that the other side asked for: after that long without a packet the relay forgets it. */
export const LEASE_TOLD_MS = 60_000;
/** Of a link that is down: WireGuard itself goes on trying; this tries all other ways again. */
export const DOWN_FIRST_MS = 15_000;
export const DOWN_MS_MAX: number = 10 * 60_000;

/** Signed sightings kept of one member: enough to judge its NAT, and one liar outvoted. */
export const SIGHTINGS_PER_SUBJECT_MAX = 8;
/** Of all members: 256 subjects, 160 bytes each. */
export const SIGHTINGS_MAX = 2_048;
/** A sighting counts this long for the judgement of a NAT: four heartbeats. */
export const SIGHTING_FRESH_MS: number = 4 * BEAT_MS + 5_000;
/** And this long as an address to try: a mapping that nobody uses is gone by then. */
export const SIGHTING_MS: number = 10 * 60_000;
/** A signed sighting: two keys, a signature, an address, and the fields around them. */
export const SIGHTING_BYTES_MAX = 192;
/** Addresses that a node names of itself when it looks for another: one for each interface. */
export const OWN_ADDRESSES_MAX = 6;
/** Sightings that go along: two judge a NAT. */
export const MEET_SIGHTINGS_MAX = 3;
/** A signed meet: addresses of 20 bytes, three sightings, a key and a signature. */
export const MEET_BYTES_MAX = 1_024;

/** Where a relay listens: two ports for each pair. */
export const RELAY_PORT_FIRST = 7_500;
export const RELAY_PORT_LAST = 7_755;
/** Pairs that one member may have at one relay: those of a network of 17 behind bad routers. */
export const RELAY_PAIRS_PER_MEMBER_MAX = 16;
/** Without a packet: a pair that lives sends keepalives every 25 s. */
export const RELAY_IDLE_MS: number = 5 * 60_000;
/** A source is replaced once it has been silent for as long: nobody takes over a path in use. */
export const REBIND_SILENCE_MS = 1_000;
/** The largest UDP payload on an Ethernet; WireGuard's are smaller. */
export const RELAY_PACKET_BYTES_MAX = 1_500;

/** Where beacons of the local network are broadcast. */
export const LAN_PORT = 7_450;
/** A beacon has exactly this many bytes. */
export const LAN_BEACON_BYTES = 59;
/** Between two beacons: WireGuard holds a path meanwhile; a newcomer asks at once. */
export const LAN_EVERY_MS = 30_000;
/** Answers to newcomers, however many ask. */
export const LAN_ANSWER_GAP_MS = 1_000;
/** A peer that was heard this long ago is on the local network: three beacons. */
export const LAN_MS = 95_000;
/** Beacons looked at in a second; each costs a hash, and for a true one a hash for each member. */
export const LAN_PER_SECOND_MAX = 32;
/** Addresses on the local network kept for one peer: IPv4 and IPv6, by cable and radio. */
export const LAN_PER_PEER_MAX = 4;

/** For the peers to add a new key and say so: two heartbeats, though they say it at once. */
export const ROTATE_WAIT_MS: number = 2 * BEAT_MS + 2_000;
/** For each peer to complete a handshake under the new key; after that links see to it. */
export const ROTATE_SPEAK_MS: number = 30_000;
/** Between two words to a peer that has not answered under the new key. */
export const ROTATE_AGAIN_MS = 1_000;
