import './says.css'
import type { Pixels } from '../engine/protocol.ts'
import { text } from '../text/text.ts'
import { Picture } from './picture.tsx'

/** Images to choose one of. */
export const Strip = (props: {
  readonly of: readonly Pixels[]
  readonly chosen: number
  readonly onChoose: (index: number) => void
}) => (
  <div class="strip">
    {props.of.map((pixels, i) => (
      <button
        type="button"
        key={i}
        aria-pressed={i === props.chosen}
        aria-label={text.value.train.image(i + 1)}
        onClick={() => props.onChoose(i)}
      >
        <Picture pixels={pixels} />
      </button>
    ))}
  </div>
)

const shownClasses = 5

/** What a net says of an image, and where it looks. */
export const Says = (props: {
  readonly probabilities: readonly number[]
  readonly activation: Pixels | undefined
  readonly image: Pixels | undefined
  readonly classes: readonly string[]
}) => {
  const words = text.value.train
  const { activation, image } = props
  const best = props.probabilities
    .map((probability, i) => ({ probability, name: props.classes[i] ?? `${i}` }))
    .toSorted((a, b) => b.probability - a.probability)
    .slice(0, shownClasses)
  return (
    <div class="says">
      {image !== undefined && activation !== undefined && (
        <figure class="activation" aria-label={words.looksAt}>
          <Picture pixels={image} />
          <Picture pixels={activation} />
          <figcaption>{words.looksAt}</figcaption>
        </figure>
      )}
      <ol class="top" data-probabilities={JSON.stringify(props.probabilities)}>
        {best.map(({ name, probability }) => (
          <li key={name}>
            <span class="bar" style={{ '--share': probability }}>
              {name} {(100 * probability).toFixed(1)}%
            </span>
          </li>
        ))}
      </ol>
    </div>
  )
}
