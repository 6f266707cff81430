import { useSignal, useSignalEffect } from '@preact/signals'
import type { Mistake, Pixels } from '../engine/protocol.ts'
import { text } from '../text/text.ts'
import { Panel } from '../ui/field.tsx'
import { Picture } from '../ui/picture.tsx'
import { classes, curves, images } from './training.ts'

const Confusion = ({ counts }: { readonly counts: readonly (readonly number[])[] }) => {
  const most = Math.max(1, ...counts.flat())
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={text.value.train.confusion}>
      <table class="confusion">
        <thead>
          <tr>
            <td />
            {classes.value.map((name) => (
              <th scope="col" key={name}>
                <span>{name}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {counts.map((row, label) => (
            <tr key={label}>
              <th scope="row">{classes.value[label]}</th>
              {row.map((count, predicted) => (
                <td key={predicted} class={label === predicted ? 'right' : 'wrong'} style={{ '--share': count / most }}>
                  {count}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const Mistakes = ({ of }: { readonly of: readonly Mistake[] }) => {
  const pictures = useSignal<ReadonlyMap<number, Pixels>>(new Map())
  const wanted = useSignal('')
  wanted.value = of.map(({ index }) => index).join()
  useSignalEffect(() => {
    const missing = wanted.value.split(',').filter((index) => index !== '' && !pictures.peek().has(Number(index)))
    if (missing.length === 0) return
    const indices = missing.map(Number)
    void images(indices).then((found) => {
      pictures.value = new Map([...pictures.peek(), ...found.map((pixels, i) => [indices[i]!, pixels] as const)])
    })
  })
  const words = text.value.train
  return (
    <ul class="mistakes">
      {of.map(({ index, label, predicted, probability }) => {
        const pixels = pictures.value.get(index)
        const says = words.saysInstead(
          classes.value[predicted] ?? `${predicted}`,
          classes.value[label] ?? `${label}`,
          `${Math.round(100 * probability)}%`,
        )
        return (
          <li key={index}>
            {pixels !== undefined && <Picture pixels={pixels} />}
            <small>{says}</small>
          </li>
        )
      })}
    </ul>
  )
}

/** What a net takes for what, and where it is surest and wrong. */
export const Judgement = ({ track }: { readonly track: number }) => {
  const words = text.value.train
  const last = curves.value[track]?.judged.at(-1)
  if (last === undefined || classes.value.length === 0) return null
  return (
    <div class="charts">
      <Panel title={words.confusion} help={words.confusionHelp}>
        <Confusion counts={last.confusion} />
      </Panel>
      <Panel title={words.mistakes}>
        <Mistakes of={last.mistakes} />
      </Panel>
    </div>
  )
}
