// The bounds of the ledger, each with its reason. A bound that is part of validity (a replica with
// another value would disagree) is marked FROZEN: it changes only with the record format's version.

/** FROZEN. One line, newline excluded: an admission with every grant written out fits four times. */
export const LINE_BYTES_MAX: number = 8 * 1024;
/** FROZEN. Ids in `auth` and in `refs`: an admission and three later grants cover every real act. */
export const LINKS_MAX = 4;
/** FROZEN. Grants in one record: every action of v1 once, and room for as many again. */
export const GRANTS_MAX = 40;
/** FROZEN. Delegations from genesis to an act: an organisation chart deeper than that is a mistake. */
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
/** While a cut names a record that is not held, its branch must still find room beside the others. */
export const FORK_WIDTH_WANTED_MAX = 8;

/** Authors up to which a frontier is sent whole: 256 entries are about 20 KB, one round trip. */
export const FLAT_FRONTIER_AUTHORS_MAX = 256;
/** Entries up to which a trie node is a leaf: below it the entries are smaller than child hashes. */
export const TRIE_LEAF_ENTRIES_MAX = 8;
/** A reply of records: what a slow uplink sends in a few seconds. */
export const REPLY_BYTES_MAX: number = 1024 * 1024;
export const REPLY_RECORDS_MAX = 2_000;
/** Trie nodes in one request: a level of a walk that finds 256 differing authors. */
export const TRIE_NODES_MAX = 256;
/** Authors asked for in one pull. */
export const PULL_AUTHORS_MAX = 1_024;
/** Steps of a locator: powers of two cover 2^31 records. */
export const LOCATOR_STEPS_MAX = 32;
/** Rounds of one sync: each round moves up to a full reply, so this bounds only a lying peer. */
export const SYNC_ROUNDS_MAX = 10_000;
/** Rounds without one new record on either side: the difference cannot be closed from here. */
export const SYNC_IDLE_ROUNDS_MAX = 2;

/** Raised whenever a rule of the fold changes; roots are compared only between equal versions. */
export const RULES_VERSION = 1;
