// What a machine is made of, as it says so itself when it joins: shown to a person, and believed by
// nobody.

export interface HardwareCard {
  readonly name: string;
  readonly memoryMib: number;
}

export interface Hardware {
  readonly model: string;
  readonly system: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMib: number;
  readonly diskMib: number;
  readonly gpus: readonly HardwareCard[];
}
