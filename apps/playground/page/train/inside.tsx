import { useSignal } from '@preact/signals'
import { formatShape } from '@resfn/layer'
import { useEffect } from 'preact/hooks'
import type { Look, Pixels } from '../engine/protocol.ts'
import { text } from '../text/text.ts'
import { Panel } from '../ui/field.tsx'
import { Picture } from '../ui/picture.tsx'
import { classes, curves, images, look, phase } from './training.ts'

/** How many images of the test set can be chosen. */
const offered = Array.from({ length: 20 }, (_, i) => i)

const Strip = ({
  of,
  chosen,
  onChoose,
}: {
  readonly of: readonly Pixels[]
  readonly chosen: number
  readonly onChoose: (index: number) => void
}) => (
  <div class="strip">
    {of.map((pixels, i) => (
      <button
        type="button"
        key={i}
        aria-pressed={i === chosen}
        aria-label={text.value.train.image(i + 1)}
        onClick={() => onChoose(i)}
      >
        <Picture pixels={pixels} />
      </button>
    ))}
  </div>
)

const Says = ({ of, image }: { readonly of: Look; readonly image: Pixels | undefined }) => {
  const words = text.value.train
  const best = of.probabilities
    .map((probability, i) => ({ probability, name: classes.value[i] ?? `${i}` }))
    .toSorted((a, b) => b.probability - a.probability)
    .slice(0, 5)
  return (
    <div class="says">
      {image !== undefined && of.activation !== undefined && (
        <figure class="activation" aria-label={words.looksAt}>
          <Picture pixels={image} />
          <Picture pixels={of.activation} />
          <figcaption>{words.looksAt}</figcaption>
        </figure>
      )}
      <ol class="top">
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

/** What a net makes of one image, layer by layer. */
export const Inside = ({ track }: { readonly track: number }) => {
  const words = text.value.train
  const pictures = useSignal<readonly Pixels[]>([])
  const chosen = useSignal(0)
  const seen = useSignal<Look | undefined>(undefined)
  const judged = curves.value[track]?.judged.length ?? 0
  const isReady = phase.value !== 'loading' && classes.value.length > 0
  useEffect(() => {
    if (isReady && pictures.value.length === 0) void images(offered).then((found) => (pictures.value = found))
  }, [isReady])
  useEffect(() => {
    if (!isReady) return
    void look(track, chosen.value)
      .then((found) => {
        if (found !== undefined) seen.value = found
      })
      // Where it fails, the training fails too, and says so.
      .catch(() => undefined)
  }, [isReady, track, chosen.value, judged])
  if (!isReady) return null
  return (
    <Panel title={words.look} help={words.lookHelp}>
      <Strip of={pictures.value} chosen={chosen.value} onChoose={(index) => (chosen.value = index)} />
      {seen.value !== undefined && (
        <>
          <Says of={seen.value} image={pictures.value[chosen.value]} />
          {seen.value.filters.length > 0 && (
            <div class="layer">
              <h4>{words.filters}</h4>
              <div class="maps filters">
                {seen.value.filters.map((pixels, i) => (
                  <Picture key={i} pixels={pixels} />
                ))}
              </div>
            </div>
          )}
          {seen.value.parts.map(({ path, shape, maps }) => (
            <div class="layer" key={path}>
              <h4>
                {path} <small>{formatShape(shape)}</small>
              </h4>
              <div class="maps">
                {maps.map((pixels, i) => (
                  <Picture key={i} pixels={pixels} />
                ))}
              </div>
            </div>
          ))}
        </>
      )}
    </Panel>
  )
}
