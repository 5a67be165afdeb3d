// What this machine is made of, for a person who looks closely: by systeminformation, loaded when
// it is asked for and never by the idle daemon, since it costs 11 MB
// (docs/decisions/2026-11-30-host-facts.md). It starts tools of the system, and may take seconds.

export interface HardwareDetails {
  readonly maker: string | null;
  readonly model: string | null;
  /** True in a virtual machine, as far as the machine tells. */
  readonly virtual: boolean;
  readonly processor: string | null;
  readonly cores: number;
  /** The processor can run virtual machines; whether they run is another question. */
  readonly canVirtualize: boolean;
  readonly disks: readonly {
    readonly name: string;
    readonly kind: string | null;
    readonly gib: number;
  }[];
  /** Cards of any vendor, as the PCI bus names them. */
  readonly cards: readonly { readonly vendor: string | null; readonly model: string | null }[];
}

const GIB = 2 ** 30;

export async function hardwareDetails(): Promise<HardwareDetails> {
  const { cpu, diskLayout, graphics, system } = await import('systeminformation');
  const [machine, processor, disks, { controllers }] = await Promise.all([
    system(),
    cpu(),
    diskLayout(),
    graphics(),
  ]);
  return {
    maker: said(machine.manufacturer),
    model: said(machine.model),
    virtual: machine.virtual ?? false,
    processor: said(processor.brand),
    cores: processor.cores,
    canVirtualize: processor.virtualization,
    disks: disks.map(({ name, type, size }) => ({
      name: said(name) ?? 'disk',
      kind: said(type),
      gib: Math.round(size / GIB),
    })),
    cards: controllers.map(({ vendor, model }) => ({ vendor: said(vendor), model: said(model) })),
  };
}

/** Null for what the library could not find out; control characters never reach a terminal. */
function said(text: string | undefined): string | null {
  const plain = (text ?? '').replaceAll(/[^\x20-\x7e]/g, '').trim();
  return plain === '' || /^(-|unknown|not specified)$/i.test(plain) ? null : plain.slice(0, 64);
}
