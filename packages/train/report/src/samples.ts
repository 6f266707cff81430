import type { Sample } from './data.ts'
import { html, type Html } from './html.ts'
import { percent } from './numbers.ts'
import { dataUrl } from './png.ts'

const place = (index: number): string => `no.\u00a0${index}`

/** Test images, what they are and, where the net is wrong, what it says. */
export const sampleList = (classes: readonly string[], samples: readonly Sample[]): Html => {
  const named = (label: number): string => classes[label] ?? `class ${label}`
  const items = samples.map(({ index, image, label, predicted, probability }) => {
    const answer =
      label === predicted
        ? html`<i class="right">✓ ${named(predicted)}</i>`
        : html`<i class="wrong">✗ ${named(predicted)}</i>`
    return html`<li>
      <img src="${dataUrl(image)}" alt="test image ${index}: ${named(label)}" /><b>${named(label)}</b>${answer}
      <small>${percent(probability)} % sure · ${place(index)}</small>
    </li>`
  })
  return html`<ul class="samples">
    ${items}
  </ul>`
}
