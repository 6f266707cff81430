import { failure, type SafetensorsError } from './error.ts'

const convert =
  "convert it in Python: safetensors.torch.save_file(torch.load(path, weights_only=True), 'model.safetensors')"

const otherReader = 'read it with @resfn/import, or on the command line: resfn import FILE --net NAME --out FOLDER'

/** How files begin that are handed over in place of safetensors, what they are, and what to do. */
const formats: readonly (readonly [start: string, what: string, remedy: string])[] = [
  [
    'version https://git-lfs',
    'it is a Git LFS pointer, not the file that it points to',
    'fetch the file itself, for example by `git lfs pull`',
  ],
  ['PK\x03\x04', 'it is a zip file, as PyTorch writes .pth, .pt and .bin', otherReader],
  ...['\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'].map(
    (start) => [start, 'it is a pickle, as PyTorch wrote .pth, .pt and .bin before 1.6', convert] as const,
  ),
  ['<', 'it is an HTML or XML page', 'the server sent a page instead of the file: check the address'],
  ['\x1f\x8b', 'it is compressed with gzip', 'decompress it first'],
  ['\x89HDF', 'it is an HDF5 file, as Keras writes', 'save the weights as safetensors'],
  ['GGUF', 'it is a GGUF file', 'save the weights as safetensors'],
  ['\x93NUMPY', 'it is a NumPy file', 'read it with @resfn/npz'],
]

/** What a file is that is not safetensors, if its first bytes tell. */
export const otherFormat = (bytes: Uint8Array): SafetensorsError | undefined => {
  const start = String.fromCharCode(...bytes.subarray(0, 32)).trimStart()
  const found = formats.find(([known]) => start.startsWith(known))
  return found === undefined ? undefined : failure('OtherFormat', 'byte 0', found[1], found[2])
}
