// Recognises files that people give and that hold no data: a web page that came instead of a
// download, a pointer of Git LFS, an archive of another compression, a pickle, a file of MATLAB, a
// video. They are known by their first bytes, and errors name them with the command that helps.
//
// Sources: the signatures in the formats' own specifications; Git LFS specification, "The Pointer".

interface Foreign {
  /** What it is, after "is". */
  readonly what: string;
  readonly todo: (path: string) => string;
}

const unpack =
  (command: string) =>
  (path: string): string =>
    `Unpack it (${command} ${path}) and give the folder`;

const PICKLE: Foreign = {
  what: 'a Python pickle, which can run code and is not read',
  todo: () => 'Save its images as an array: numpy.save("images.npy", images), uint8 [N, height, width, 3]',
};

/** SVHN's files hold X [32, 32, 3, N] and y, where 10 is the digit 0. */
const MATLAB: Foreign = {
  what: 'a MATLAB file, which is not read',
  todo: (path) =>
    `Save its arrays as .npz, for SVHN by: python3 -c "import scipy.io, numpy; d = scipy.io.loadmat('${path}'); numpy.savez('images.npz', images=d['X'].transpose(3, 0, 1, 2), labels=d['y'].ravel() % 10)"`,
};

const HDF5: Foreign = {
  what: 'an HDF5 file, which is not read',
  todo: (path) =>
    `Save its images as an array: python3 -c "import h5py, numpy; numpy.save('images.npy', h5py.File('${path}')['images'][:])"`,
};

const VIDEO: Foreign = {
  what: 'a video, which is not read',
  todo: (path) => `Save its pictures into a folder: mkdir frames && ffmpeg -i ${path} frames/%06d.png`,
};

const TORCH: Foreign = {
  what: 'a file of PyTorch, which holds a pickle and is not read',
  todo: () => 'Save its images as an array: numpy.save("images.npy", images.numpy())',
};

const arrow = (open: string): Foreign => ({
  what: 'an Arrow file, which is not read',
  todo: (path) =>
    `Save it as Parquet: python3 -c "import pyarrow, pyarrow.parquet; pyarrow.parquet.write_table(pyarrow.ipc.${open}('${path}').read_all(), 'images.parquet')"`,
});

/** The first bytes of such files in latin1, and what each file is. */
const KNOWN: readonly (readonly [start: string, foreign: Foreign])[] = [
  [
    'version https://git-lfs',
    { what: 'a pointer of Git LFS', todo: () => 'Fetch the file it stands for: git lfs pull' },
  ],
  ['BZh', { what: 'packed with bzip2, which is not read', todo: unpack('tar xf') }],
  ['\xfd7zXZ\0', { what: 'packed with xz, which is not read', todo: unpack('tar xf') }],
  ['\x28\xb5\x2f\xfd', { what: 'packed with zstd, which is not read', todo: unpack('tar xf') }],
  ['7z\xbc\xaf\x27\x1c', { what: 'a 7z archive, which is not read', todo: unpack('7z x') }],
  ['Rar!\x1a\x07', { what: 'a RAR archive, which is not read', todo: unpack('unrar x') }],
  ['\x1f\x9d', { what: 'packed with compress, which is not read', todo: unpack('tar xf') }],
  [
    '\x04\x22\x4d\x18',
    {
      what: 'packed with lz4, which is not read',
      todo: (path) => `Unpack it (lz4 -dc ${path} | tar x) and give the folder`,
    },
  ],
  ['ARROW1', arrow('open_file')],
  ['\xff\xff\xff\xff', arrow('open_stream')],
  ['\x1a\x45\xdf\xa3', VIDEO],
  ['MATLAB 5.0 MAT-file', MATLAB],
  ['MATLAB 7.3 MAT-file', HDF5],
  ['\x89HDF\r\n\x1a\n', HDF5],
  // Its protocols of today; older ones have no mark.
  ...['\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'].map((start) => [start, PICKLE] as const),
];

/** Files that the very first bytes do not tell. A test gets the first 1024 bytes in latin1. */
const PATTERNS: readonly (readonly [test: (start: string) => boolean, foreign: Foreign])[] = [
  [
    (start) => /^\s*\{\s*"(error|message|detail)"/i.test(start) || /^\s*<\?xml.{0,99}<Error>/is.test(start),
    { what: 'the message of a server, so that the download failed', todo: () => 'Download it again' },
  ],
  [(start) => /^ftyp(isom|iso\d|mp4|avc1|qt|M4V|dash|3gp)/.test(start.slice(4)), VIDEO],
  [(start) => start.startsWith('RIFF') && start.startsWith('AVI ', 8), VIDEO],
  [(start) => start.startsWith('PK') && /^[^/]+\/(data\.pkl|\.format_version)/.test(start.slice(30)), TORCH],
  [
    (start) => start.startsWith('\xde\xc0\xef\xbe', 16),
    {
      what: 'a database of LMDB, which is not read',
      todo: () => 'Save its pictures as files into a folder, with the tool that comes with the dataset',
    },
  ],
  [
    // A record's length in 8 bytes, 4 bytes of checksum, and an Example, whose field 1 comes first.
    (start) => start.slice(0, 4) !== '\0\0\0\0' && start.slice(4, 8) === '\0\0\0\0' && start[12] === '\n',
    {
      what: 'a TFRecord file of TensorFlow, which is not read',
      todo: (path) =>
        `Save its pictures as files, for records with image/encoded by: python3 -c "import os, tensorflow as tf; os.makedirs('pictures'); [open(f'pictures/{i:06d}.jpg', 'wb').write(tf.train.Example.FromString(r.numpy()).features.feature['image/encoded'].bytes_list.value[0]) for i, r in enumerate(tf.data.TFRecordDataset('${path}'))]"`,
    },
  ],
  [
    (start) => start.startsWith('MZ') && start.includes('\0'),
    { what: 'a program of Windows, perhaps an archive that unpacks itself, which is not read', todo: unpack('7z x') },
  ],
];

/** Returns what a file with these first bytes is when it holds no data; null for any other. */
export function foreignOf(head: Uint8Array, path: string): { readonly what: string; readonly todo: string } | null {
  const start = Buffer.from(head.subarray(0, 1024)).toString('latin1');
  if (/^\s*(<!doctype html|<html)/i.test(start)) {
    const [, title] = /<title>([^<]{1,80})/i.exec(start) ?? [];
    const what = `a web page${title === undefined ? '' : ` ("${title.trim()}")`}, so that the download failed`;
    return { what, todo: 'Download it again' };
  }
  const found = (KNOWN.find(([first]) => start.startsWith(first)) ?? PATTERNS.find(([test]) => test(start)))?.[1];
  return found ? { what: found.what, todo: found.todo(path) } : null;
}
