import type { ImageSet } from '@resfn/batches'
import { fold, integers, type Key, uniform } from '@resfn/random'

/**
 * The set with a share of its labels exchanged for one of the other classes, each as likely: the transition matrix has
 * `1 - noise` on its diagonal and `noise / (classes - 1)` elsewhere.
 *
 * @see Wang et al. 2017, section 4.1, "Noisy label robustness"
 */
export const wrongLabels = (set: ImageSet, noise: number, key: Key): ImageSet => {
  const classes = set.classes.length
  const drawn = uniform(fold(key, 'wrong'), set.labels.length)
  const shift = integers(fold(key, 'class'), set.labels.length, { low: 1, high: classes })
  return {
    ...set,
    labels: Int32Array.from(set.labels, (label, i) => (drawn[i]! < noise ? (label + shift[i]!) % classes : label)),
  }
}
