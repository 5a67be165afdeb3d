// The one part of blessed that is used, as far as it is: its reader of keys and its notice of
// sizes.

declare module 'blessed/lib/program.js' {
  export interface Key {
    readonly name?: string;
    readonly full?: string;
    readonly ctrl?: boolean;
    readonly meta?: boolean;
    readonly shift?: boolean;
    readonly sequence?: string;
  }
  interface Program {
    on(event: 'keypress', listener: (ch: string | undefined, key: Key) => void): void;
    on(event: 'resize', listener: () => void): void;
    destroy(): void;
  }
  export default function program(options: {
    readonly input: NodeJS.ReadStream;
    readonly output: NodeJS.WriteStream;
    readonly tput: boolean;
    readonly resizeTimeout: number;
  }): Program;
}
