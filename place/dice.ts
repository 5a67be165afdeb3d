// Dice that fall the same way for the same seed, so that a plan can be made again and explained.
// They spread load and keep no secret: 32 bits of state suffice (splitmix32).

export type Roll = (below: number) => number;

export const SEED_MAX = 0xffff_ffff;

export function diceOf(seed: number): Roll {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    mixed ^= mixed >>> 15;
    // A multiplication instead of a remainder: as even, up to 2^-32.
    return Math.floor(((mixed >>> 0) * below) / 0x1_0000_0000);
  };
}
