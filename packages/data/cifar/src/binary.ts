import { either as E } from 'fp-ts'
import { type CifarError, failure } from './error.ts'
import { type CifarFile, type CifarName, type CifarPart, pixels } from './part.ts'

/** Bytes before the pixels of a record: the label, and for CIFAR-100 that of the superclass before it. */
const head: { readonly [name in CifarName]: number } = { cifar10: 1, cifar100: 2 }

/** The images of a binary file. */
export const binaryPart = (data: CifarName, { name, bytes }: CifarFile): E.Either<CifarError, CifarPart> => {
  const start = head[data]
  const stride = start + pixels
  if (bytes.length === 0 || bytes.length % stride !== 0)
    return E.left(
      failure(
        'WrongSize',
        name,
        `it has ${bytes.length} bytes, which are not whole records of ${stride}; is it cut short? Extract it from the archive again`,
      ),
    )
  const labels = Uint8Array.from({ length: bytes.length / stride }, (_, n) => bytes[n * stride + start - 1]!)
  return E.right({ file: name, labels, bytes, start, stride })
}
