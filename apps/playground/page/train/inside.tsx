import { useSignal } from '@preact/signals'
import { formatShape } from '@resfn/layer'
import { useEffect } from 'preact/hooks'
import type { Look, Pixels } from '../engine/protocol.ts'
import { text } from '../text/text.ts'
import { Panel } from '../ui/field.tsx'
import { Picture } from '../ui/picture.tsx'
import { Says, Strip } from '../ui/says.tsx'
import { classes, curves, images, look, phase } from './training.ts'

/** How many images of the test set can be chosen. */
const offered = Array.from({ length: 20 }, (_, i) => i)

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
          <Says {...seen.value} image={pictures.value[chosen.value]} classes={classes.value} />
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
