// Where in the page someone is, and the net that is composed: both in the address, so that a link leads back here.
import { effect, signal } from '@preact/signals'
import { either as E } from 'fp-ts'
import { type Composition, resnet8 } from './composition/composition.ts'
import { fromLink, toLink } from './composition/link.ts'

export const tabs = ['compose', 'train', 'teach', 'use', 'lessons'] as const

export type Tab = (typeof tabs)[number]

/** The tab that is shown. */
export const tab = signal<Tab>('compose')

/** The net that is composed. */
export const composition = signal<Composition>(resnet8)

/** What is wrong with the link that led here, if anything is. */
export const linkProblem = signal<string | undefined>(undefined)

/** A file of this site that the address asks to open, such as the run that `resfn page RUN` serves. */
export const asked = signal<string | undefined>(undefined)

const follow = (): void => {
  const [, name = '', link = ''] = /^#\/?(\w*)\??(.*)$/.exec(location.hash) ?? []
  tab.value = tabs.find((known) => known === name) ?? 'compose'
  if (link === '') return
  const file = new URLSearchParams(link).get('open')
  if (file !== null) {
    // Only a file beside the page: a link must not bring one from elsewhere.
    if (/^[\w-]+\.safetensors$/.test(file)) asked.value = file
    return
  }
  const read = fromLink(link)
  linkProblem.value = E.isLeft(read) ? read.left : undefined
  if (E.isRight(read) && toLink(read.right) !== toLink(composition.peek())) composition.value = read.right
}

/** Follows the address from now on, and writes it. */
export const followAddress = (): void => {
  follow()
  addEventListener('hashchange', follow)
  effect(() => {
    const hash = `#/${tab.value}?${toLink(composition.value)}`
    if (hash !== location.hash) history.replaceState(undefined, '', hash)
  })
}
