import { extname } from 'node:path'
import { type CliError, usageError } from '../error.ts'
import { csvRow } from '../text/csv.ts'

/** A class that a net sees in a picture. */
export type Prediction = { readonly class: string; readonly label: number; readonly probability: number }

/** What a net says of a picture, or why it says nothing. */
export type Predicted =
  | { readonly image: string; readonly predictions: readonly Prediction[] }
  | { readonly image: string; readonly error: CliError }

/** A picture that was not read, as JSON has it. */
export type Unread = { readonly image: string; readonly error: { readonly tag: string; readonly message: string } }

/** A failure without what JSON has not. */
export const unread = ({
  image,
  error: { _tag, message },
}: Extract<Predicted, { readonly error: CliError }>): Unread => ({ image, error: { tag: _tag, message } })

/** How a kind of file holds predictions: its first line, and the lines of a picture. */
export type PredictionFormat = { readonly head: string; readonly lines: (predicted: Predicted) => string }

const formats: { readonly [extension: string]: PredictionFormat } = {
  '.csv': {
    head: csvRow('image', 'rank', 'class', 'label', 'probability', 'error'),
    lines: (predicted) =>
      'error' in predicted
        ? csvRow(predicted.image, '', '', '', '', predicted.error.message)
        : predicted.predictions
            .map((one, i) => csvRow(predicted.image, i + 1, one.class, one.label, one.probability, ''))
            .join(''),
  },
  '.jsonl': {
    head: '',
    lines: (predicted) => `${JSON.stringify('error' in predicted ? unread(predicted) : predicted)}\n`,
  },
}

/** The format that the name of a file asks for. */
export const predictionFormat = (path: string): PredictionFormat => {
  const found = formats[extname(path).toLowerCase()]
  if (found === undefined)
    throw usageError(`--out ${path}: give a name that ends in ${Object.keys(formats).join(' or ')}`)
  return found
}
