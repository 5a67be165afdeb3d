// The bounds of the ledger, each with its reason. A bound that is part of validity (a replica with
// another value would disagree) is marked FROZEN: it changes only with the record format's version.

/**
 * FROZEN. One line, newline excluded: an admission with every grant written out fits four times.
 */
export const LINE_BYTES_MAX: number = 8 * 1024;
/**
 * FROZEN. Ids in `auth` and in `refs`: an admission and three later grants cover every real act.
 */
export const LINKS_MAX = 4;
/** FROZEN. Grants in one record: every action of v1 once, and room for as many again. */
export const GRANTS_MAX = 40;
/**
 * FROZEN. Delegations from genesis to an act: an organisation chart deeper than that is a mistake.
 */
export const DELEGATION_STEPS_MAX = 8;
/** FROZEN. Root operators of one epoch: all of them must be cut by name in one `root.rotate`. */
export const ROOTS_MAX = 8;
/** FROZEN. Configured endpoints of a node: two families, a few uplinks. */
export const ENDPOINTS_MAX = 8;
/** FROZEN. Labels of a member: they are for people, who read about ten. */
export const LABELS_MAX = 16;
/** FROZEN. A configuration key in characters: long enough for `app.NAME.SECTION.FIELD`. */
export const CONFIG_KEY_CHARS_MAX = 128;
/** FROZEN. The name of an unknown kind. */
export const KIND_CHARS_MAX = 32;

/** FROZEN. Records a key may write in its life (ledger.md, "Quota"), by class. */
export const QUOTA_ROOT: number = 2 ** 20;
export const QUOTA_OPERATOR = 65_536;
export const QUOTA_NODE = 4_096;
export const QUOTA_TICKET = 1;
/** FROZEN. Places past its quota where an operator may still remove, once per target: as many again
 * as it had, so that a runaway key can be stopped by what it runs against, and ends all the same.
 */
export const QUOTA_REMOVALS_ABOVE = 65_536;
/** FROZEN. The end of a node's quota kept for key rotation: a year of weekly ones. */
export const QUOTA_NODE_ROTATION = 64;

/** Records held back for their `prev`: two replies of a sync, so that order never matters there. */
export const PARKED_RECORDS_MAX = 4_096;
/** And their size: the bound that matters for memory. */
export const PARKED_BYTES_MAX: number = 8 * 1024 * 1024;
/** Of one author, so that one flooding author cannot push out the others. */
export const PARKED_PER_AUTHOR_MAX = 1_024;
/** Ids stored at one (author, seq): two prove a fork, more prove nothing more. */
export const FORK_WIDTH_MAX = 2;
/**
 * While a cut names a record that is not held, its branch must still find room beside the others.
 */
export const FORK_WIDTH_WANTED_MAX = 8;

/**
 * Entries sent in one node: 256 are about 25 KB, and a small frontier then takes one round trip.
 */
export const FLAT_FRONTIER_AUTHORS_MAX = 256;
/**
 * FROZEN. Entries up to which a trie node is a leaf: below it they are smaller than child hashes.
 */
export const TRIE_LEAF_ENTRIES_MAX = 8;
/** Bytes of a child's hash in a walk: a hint where to look, never a verdict (docs/sync.md). */
export const TRIE_HASH_BYTES = 16;
/** Trie nodes in one request: a level of a walk that finds 256 differing authors. */
export const TRIE_NODES_MAX = 256;
/** A reply of the walk: 256 inner nodes are 70 KB, and 2,500 entries fit. */
export const WALK_REPLY_BYTES_MAX: number = 256 * 1024;
/** Nodes looked at in one walk: a new replica finds 100,000 authors with 4,500. */
export const WALK_NODES_MAX = 16_384;
/** And requests: honest replies are full, so those take 64, and as many more where entries are. */
export const WALK_REQUESTS_MAX = 128;
/** Differing authors that one round carries on with: the rest is found in the next. */
export const SYNC_AUTHORS_MAX = 131_072;
/** A reply of records: what a slow uplink sends in a few seconds. */
export const REPLY_BYTES_MAX: number = 1024 * 1024;
export const REPLY_RECORDS_MAX = 2_000;
/** Authors asked for in one pull, and the size of the request: 1,024 that have one place each. */
export const PULL_AUTHORS_MAX = 1_024;
export const PULL_REQUEST_BYTES_MAX: number = 128 * 1024;
/** Steps of a locator: powers of two cover 2^31 records. */
export const LOCATOR_STEPS_MAX = 32;
/** Rounds of one sync: each carries all that is known to differ (random histories take up to 5). */
export const SYNC_ROUNDS_MAX = 24;
/** Rounds without one new record on either side: the difference cannot be closed from here. */
export const SYNC_IDLE_ROUNDS_MAX = 2;
/** Pages of one sync without one new record: honest peers send a few at forks and late cuts. */
export const SYNC_USELESS_PAGES_MAX = 8;
/** Authors named where a sync ends with a difference: for people, who read about ten. */
export const SYNC_DIFFERING_SHOWN_MAX = 32;

/** Raised whenever a rule of the fold changes; roots are compared only between equal versions. */
export const RULES_VERSION = 1;
