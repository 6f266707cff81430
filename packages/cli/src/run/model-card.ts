import type { NetConfig } from '@resfn/hub'
import { describeRecipe } from '@resfn/recipe'
import { dataSources } from '../data/data-sources.ts'
import { count } from '../text/format.ts'
import type { LoadedCheckpoint } from './checkpoint-file.ts'
import type { LoggedEvent } from './event-log.ts'
import { repeatCommand } from './repeat.ts'

/** What a model card is made of. */
export type CardFacts = {
  readonly name: string
  readonly description: string
  readonly config: NetConfig
  /** the epochs and evaluations of the run; none where there is no run */
  readonly events: readonly LoggedEvent[]
  readonly sha256: string
  readonly dtype: string
  readonly loaded?: LoadedCheckpoint
}

type Evaluation = Extract<LoggedEvent, { readonly type: 'evaluation' }>

/** A name within a table or a line of Markdown. */
const inline = (text: string): string => text.replaceAll(/[\\`*_{}[\]<>|#]/g, String.raw`\$&`).replaceAll(/\s+/g, ' ')

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

const epochs = (events: readonly LoggedEvent[]): string => {
  const tested = new Map(
    events.filter((event): event is Evaluation => event.type === 'evaluation').map((event) => [event.epoch, event]),
  )
  const rows = events.flatMap((event) => {
    if (event.type !== 'epoch') return []
    const test = tested.get(event.epoch)
    const numbers = [event.loss, event.accuracy, test?.loss, test?.accuracy]
    return [[String(event.epoch + 1), ...numbers.map((value) => value?.toFixed(4) ?? '')]]
  })
  return table(['epoch', 'train loss', 'train accuracy', 'test loss', 'test accuracy'], rows)
}

const classTable = ({ perClass }: Evaluation, classes: readonly string[]): string =>
  table(
    ['class', 'recall', 'precision'],
    perClass.map(({ recall, precision }, label) => [
      inline(classes[label] ?? `class ${label}`),
      recall.toFixed(3),
      precision.toFixed(3),
    ]),
  )

/** The data that a run learned from, by its digest. */
const dataOf = (digest: string) => Object.values(dataSources).find(({ known }) => Object.hasOwn(known, digest))

const training = ({ loaded, events }: CardFacts): readonly string[] => {
  if (loaded === undefined || loaded.notes._tag === 'Left')
    return ['## Training', 'The file that these weights are from does not say how they were trained.']
  const { settings, engines, digest } = loaded.notes.right
  const source = dataOf(digest)
  // A path of the machine that trained says nothing elsewhere.
  const data = source === undefined ? 'images of its own' : source.known[digest]!
  const command = repeatCommand({ ...settings, data: settings.data === 'subset' ? 'subset' : 'FOLDER' })
  const last = events.findLast((event): event is Evaluation => event.type === 'evaluation')
  return [
    '## Training',
    `On ${data}: ${count(settings.epochs)} ${settings.epochs === 1 ? 'epoch' : 'epochs'}, ${describeRecipe(settings)}, seed ${settings.seed}, by ${engines.join(', then ')}.`,
    ['```sh', command, '```'].join('\n'),
    ...(last === undefined
      ? []
      : [
          `**Test accuracy ${last.accuracy.toFixed(4)}**, loss ${last.loss.toFixed(4)}, on ${count(last.examples)} images, in float32 after epoch ${last.epoch + 1}. \`log.jsonl\` has the epochs and evaluations as the run wrote them.`,
          epochs(events),
          classTable(last, loaded.checkpoint.description.net.classes),
        ]),
    '## Licence of the data',
    source?.licence ?? 'The data was given by who trained the net, and so is its licence: name it here.',
  ]
}

/**
 * The model card of a net, as Markdown: what it is, how it was trained, what came of it, and how it is used.
 *
 * @see Mitchell et al. 2019, "Model Cards for Model Reporting", arXiv:1810.03993
 */
export const modelCard = (facts: CardFacts): string => {
  const { name, description, config, sha256, dtype } = facts
  const { classes, input, preprocessing } = config
  const { mean, std, interpolation, cropFraction, cropMode } = preprocessing
  return `${[
    [
      '---',
      'library_name: resfn',
      'pipeline_tag: image-classification',
      'tags: [image-classification, resfn]',
      '---',
    ].join('\n'),
    `# ${name}`,
    `${description}: ${input.join(' x ')} images, ${classes.length} classes (${classes.slice(0, 20).map(inline).join(', ')}${classes.length > 20 ? ', …' : ''}).`,
    `A picture becomes ${input[0]} x ${input[1]} by ${interpolation} interpolation (crop ${cropMode}, ${cropFraction}), from 0 to 1, less mean ${mean.join(', ')}, by deviation ${std.join(', ')}: \`config.json\` says it as timm does.`,
    ['```sh', 'resfn predict shoe.png --net THIS_FOLDER', '```'].join('\n'),
    ...training(facts),
    '## Files',
    `\`model.safetensors\`: ${dtype}, SHA-256 \`${sha256}\`.`,
  ].join('\n\n')}\n`
}
