// Reads which functions a shared library of another system offers, and which libraries it asks for.
// Sources: Microsoft, "PE Format"; Apple, mach-o/loader.h and mach-o/nlist.h.

export interface LibraryFacts {
  readonly machine: 'x64' | 'arm64';
  readonly exports: readonly string[];
  /** The names of the libraries that the system must have. */
  readonly needs: readonly string[];
}

function textAt(bytes: Buffer, offset: number): string {
  return bytes.toString('latin1', offset, bytes.indexOf(0, offset));
}

/** Reads a Windows DLL. */
export function readDll(bytes: Buffer): LibraryFacts {
  const header = bytes.readUInt32LE(0x3c);
  if (textAt(bytes, header) !== 'PE') throw new Error('not a DLL');
  const sections = header + 24 + bytes.readUInt16LE(header + 20);
  const count = bytes.readUInt16LE(header + 6);
  /** A place in the file, from one in memory. */
  const place = (address: number): number => {
    for (let at = sections; at < sections + 40 * count; at += 40) {
      const [size, start, from] = [8, 12, 20].map((field) => bytes.readUInt32LE(at + field)) as [
        number,
        number,
        number,
      ];
      if (address >= start && address < start + size) return from + address - start;
    }
    throw new Error(`no section holds ${address}`);
  };
  const directory = (index: number): number => bytes.readUInt32LE(header + 24 + 112 + 8 * index);
  const exported = place(directory(0));
  const names = place(bytes.readUInt32LE(exported + 32));
  const exports = Array.from({ length: bytes.readUInt32LE(exported + 24) }, (_, i) =>
    textAt(bytes, place(bytes.readUInt32LE(names + 4 * i))),
  );
  const needs: string[] = [];
  for (let at = place(directory(1)); bytes.readUInt32LE(at + 12) !== 0; at += 20)
    needs.push(textAt(bytes, place(bytes.readUInt32LE(at + 12))));
  return { machine: bytes.readUInt16LE(header + 4) === 0x8664 ? 'x64' : 'arm64', exports, needs };
}

/** Reads a library of macOS for one kind of processor. */
export function readDylib(bytes: Buffer): LibraryFacts {
  if (bytes.readUInt32LE(0) !== 0xfeedfacf) throw new Error('not a library of macOS');
  const exports: string[] = [];
  const needs: string[] = [];
  let at = 32;
  for (let i = 0; i < bytes.readUInt32LE(16); i++) {
    const [command, size, third] = [0, 4, 8].map((field) => bytes.readUInt32LE(at + field)) as [number, number, number];
    if (command === 0xc) needs.push(textAt(bytes, at + third)); // LC_LOAD_DYLIB
    if (command === 2) {
      // LC_SYMTAB
      const [symbols, texts] = [bytes.readUInt32LE(at + 12), bytes.readUInt32LE(at + 16)];
      for (let symbol = third; symbol < third + 16 * symbols; symbol += 16)
        // External, and defined in a section.
        if ((bytes[symbol + 4]! & 0x0f) === 0x0f) exports.push(textAt(bytes, texts + bytes.readUInt32LE(symbol)));
    }
    at += size;
  }
  return { machine: bytes.readUInt32LE(4) === 0x01000007 ? 'x64' : 'arm64', exports, needs };
}
