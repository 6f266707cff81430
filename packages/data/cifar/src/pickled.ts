import { arrayView, decodePickle, type PickledValue } from '@resfn/pickle'
import { either as E, function as F } from 'fp-ts'
import { type CifarError, failure } from './error.ts'
import { type CifarFile, type CifarName, type CifarPart, pixels } from './part.ts'

const fields: { readonly [name in CifarName]: { readonly labels: string; readonly classes: string } } = {
  cifar10: { labels: 'labels', classes: 'label_names' },
  cifar100: { labels: 'fine_labels', classes: 'fine_label_names' },
}

const wrongFields = (file: string, what: string): CifarError =>
  failure('WrongFields', file, `${what}; is it a file of this data set? Extract it from the archive again`)

const recordOf = ({ name, bytes }: CifarFile): E.Either<CifarError, ReadonlyMap<PickledValue, PickledValue>> =>
  F.pipe(
    decodePickle(bytes),
    E.mapLeft(({ _tag, message }) => failure(_tag, name, message)),
    E.flatMap((value) =>
      value instanceof Map ? E.right(value) : E.left(wrongFields(name, 'it holds a value, not a record')),
    ),
  )

/** The images of a file of Python. */
export const pickledPart = (data: CifarName, file: CifarFile): E.Either<CifarError, CifarPart> => {
  const record = recordOf(file)
  if (E.isLeft(record)) return record
  const { labels: field } = fields[data]
  const labels = record.right.get(field)
  if (!Array.isArray(labels) || !labels.every((label) => Number.isInteger(label)))
    return E.left(wrongFields(file.name, `its ${field} are not a list of whole numbers`))
  const view = arrayView(record.right.get('data'))
  if (E.isLeft(view)) return E.left(failure(view.left._tag, file.name, view.left.message))
  const { dtype, shape, data: bytes } = view.right
  if (dtype !== 'U8' || shape.length !== 2 || shape[0] !== labels.length || shape[1] !== pixels || labels.length === 0)
    return E.left(
      failure(
        'WrongSize',
        file.name,
        `its data is ${dtype} of shape [${shape.join(', ')}] for ${labels.length} labels, and not bytes of shape [labels, ${pixels}]`,
      ),
    )
  return E.right({ file: file.name, labels: labels as readonly number[], bytes, start: 0, stride: pixels })
}

/** The names of the classes in `batches.meta` or `meta`. */
export const pickledClasses = (
  data: CifarName,
  file: CifarFile,
  classes: number,
): E.Either<CifarError, readonly string[]> =>
  F.pipe(
    recordOf(file),
    E.flatMap((record) => {
      const { classes: field } = fields[data]
      const names = record.get(field)
      return Array.isArray(names) && names.length === classes && names.every((name) => typeof name === 'string')
        ? E.right(names as readonly string[])
        : E.left(wrongFields(file.name, `its ${field} are not ${classes} texts`))
    }),
  )
