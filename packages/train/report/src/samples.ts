import type { Sample } from './data.ts'
import { html, type Html } from './html.ts'
import { percent } from './numbers.ts'
import { dataUrl } from './png.ts'

const place = (index: number): string => `no.\u00a0${index}`

/** Test images, what they are and, where the net is wrong, what it says. */
export const sampleList = (classes: readonly string[], samples: readonly Sample[]): Html => {
  const named = (label: number): string => classes[label] ?? `class ${label}`
  const items = samples.map(({ index, image, seen, label, predicted, probability }) => {
    const answer =
      label === predicted
        ? html`<i class="right">✓ ${named(predicted)}</i>`
        : html`<i class="wrong">✗ ${named(predicted)}</i>`
    const picture = html`<img src="${dataUrl(image)}" alt="test image ${index}: ${named(label)}" />`
    const pictures =
      seen === undefined
        ? picture
        : html`<div class="pair">
            ${picture}<img src="${dataUrl(seen)}" alt="what counted for ${named(predicted)} in test image ${index}" />
          </div>`
    return html`<li>
      ${pictures}<b>${named(label)}</b>${answer}
      <small>${percent(probability)} % sure · ${place(index)}</small>
    </li>`
  })
  return html`<ul class="samples">
    ${items}
  </ul>`
}
