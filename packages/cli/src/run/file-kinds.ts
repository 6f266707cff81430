import { CliError } from '../error.ts'

/** A file that is not safetensors, by its first bytes, and what to do about it. */
const kinds: readonly { readonly starts: readonly string[]; readonly tag: string; readonly message: string }[] = [
  {
    starts: ['version https://git-lfs.github.com/spec/'],
    tag: 'GitLfsPointer',
    message: 'it is a Git LFS pointer and not the file itself; get the file with: git lfs pull',
  },
  {
    starts: ['PK\u0003\u0004', '\u0080\u0002', '\u0080\u0003', '\u0080\u0004', '\u0080\u0005'],
    tag: 'PyTorchFile',
    message:
      'it is a PyTorch file (.pth, .pt) or another archive, not safetensors; give a checkpoint of resfn train, or save its state_dict with save_file of the Python package safetensors',
  },
  {
    starts: ['\u0089HDF'],
    tag: 'Hdf5File',
    message: 'it is an HDF5 file (Keras .h5), not safetensors; give a checkpoint of resfn train',
  },
  {
    starts: ['\u001f\u008b'],
    tag: 'CompressedFile',
    message: 'it is compressed with gzip; unpack it first: gunzip FILE',
  },
]

/** Throws a `CliError` for a file of a known kind that no command reads. */
export const checkFileKind = (bytes: Uint8Array): void => {
  const start = String.fromCharCode(...bytes.subarray(0, 64))
  const found = kinds.find(({ starts }) => starts.some((signature) => start.startsWith(signature)))
  if (found !== undefined) throw new CliError(found.tag, found.message)
}
