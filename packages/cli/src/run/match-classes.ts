import { imagenetClasses, imagenetSynsets } from '@resfn/imagenet-classes'
import { nearest } from '@resfn/options'
import { CliError } from '../error.ts'
import { count } from '../text/format.ts'
import { alternatives } from '../text/nearest.ts'

/** Classes by their names, of a net or of images; `title` names whose they are. */
export type Named = { readonly title: string; readonly classes: readonly string[] }

const plain = (name: string): string => name.normalize('NFC').trim().toLowerCase().replaceAll('_', ' ')

/**
 * All names of a class: the whole, each of its words (`tabby, tabby cat`), and the id in WordNet of one of ImageNet's.
 */
const namesOf = (classes: readonly string[]): readonly (readonly string[])[] => {
  const isImagenet =
    classes.length === imagenetClasses.length && classes.every((name, label) => name === imagenetClasses[label])
  return classes.map((name, label) => [
    ...new Set([plain(name), ...name.split(',').map(plain), ...(isImagenet ? [imagenetSynsets[label]!] : [])]),
  ])
}

/** The labels of each name. */
const indexOf = (names: readonly (readonly string[])[]): ReadonlyMap<string, readonly number[]> => {
  const found = new Map<string, number[]>()
  names.forEach((own, label) => own.forEach((name) => found.set(name, [...(found.get(name) ?? []), label])))
  return found
}

const some = (names: readonly string[], most: number): string =>
  `${names.slice(0, most).join(', ')}${names.length > most ? `, and ${count(names.length - most)} more` : ''}`

const isUnnamed = (classes: readonly string[]): boolean => classes.every((name, label) => name === `class ${label}`)

/**
 * The label that a net has for each class of images. A class of images is found by the name that the net has for it,
 * whatever its case; by one word of several; by its id in WordNet, for ImageNet; or by its label. A net without names
 * tells the classes apart in their order, and throws a `CliError` where it has another number of them.
 */
export const matchClasses = (net: Named, images: Named): readonly number[] => {
  const { classes } = images
  if (isUnnamed(net.classes) && classes.length === net.classes.length) return classes.map((_, label) => label)
  const labels = indexOf(namesOf(net.classes))
  const faults: string[] = []
  const found = classes.map((name) => {
    const exact = net.classes.flatMap((own, label) => (own === name ? [label] : []))
    const all = exact.length > 0 ? exact : (labels.get(plain(name)) ?? [])
    if (all.length === 1) return all[0]!
    if (all.length > 1)
      faults.push(`${name} (it has ${all.length} of them: give a label, ${alternatives(all.map(String))})`)
    else if (/^\d+$/.test(name) && Number(name) < net.classes.length) return Number(name)
    else {
      const near = nearest(plain(name), [...labels.keys()])
      faults.push(near.length === 0 ? name : `${name} (did you mean ${alternatives(near)}?)`)
    }
    return -1
  })
  if (faults.length > 0)
    throw new CliError(
      'OtherClasses',
      `${images.title} has ${faults.length === 1 ? 'a class' : `${count(faults.length)} classes`} that ${net.title} does not tell apart: ${some(faults, 5)}; name folders or labels as the net does: ${some(net.classes, 10)}`,
    )
  const twice = found.findIndex((label, at) => found.indexOf(label) !== at)
  if (twice >= 0)
    throw new CliError(
      'OtherClasses',
      `${images.title} has two classes for ${net.classes[found[twice]!]}: ${classes[found.indexOf(found[twice]!)]} and ${classes[twice]}; make one of them`,
    )
  return found
}
