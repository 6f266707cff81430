// The state of what is taught: classes with their pictures, and how far it is.
import { effect, signal } from '@preact/signals'
import * as Comlink from 'comlink'
import { get, set } from 'idb-keyval'
import { computing } from '../engine/connection.ts'
import type { Lesson, Taught, TeachSeen } from '../engine/protocol.ts'
import { refreshFacts } from '../use/using.ts'

/** A class that someone teaches. */
export type OwnClass = { readonly id: number; readonly name: string; readonly pictures: readonly ImageData[] }

let nextId = 0
const newClass = (name: string): OwnClass => ({ id: nextId++, name, pictures: [] })

export const ownClasses = signal<readonly OwnClass[]>([newClass('A'), newClass('B')])
export const progress = signal<TeachSeen | undefined>(undefined)
export const taught = signal<Taught | undefined>(undefined)
export const problem = signal<string | undefined>(undefined)
export const isTeaching = signal(false)

const change = (id: number, to: (of: OwnClass) => OwnClass): void => {
  ownClasses.value = ownClasses.value.map((of) => (of.id === id ? to(of) : of))
}

/** The next letter that no class has. */
const freeName = (): string => {
  const taken = new Set(ownClasses.value.map(({ name }) => name))
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  return letters.find((letter) => !taken.has(letter)) ?? `${taken.size + 1}`
}

export const addClass = (name = freeName()): void => void (ownClasses.value = [...ownClasses.value, newClass(name)])
export const removeClass = (id: number): void => {
  ownClasses.value = ownClasses.value.filter((of) => of.id !== id)
}
export const rename = (id: number, name: string): void => change(id, (of) => ({ ...of, name }))
export const addPictures = (id: number, pictures: readonly ImageData[]): void =>
  change(id, (of) => ({ ...of, pictures: [...of.pictures, ...pictures] }))
export const removePicture = (id: number, index: number): void =>
  change(id, (of) => ({ ...of, pictures: of.pictures.filter((_, i) => i !== index) }))

/** Pictures by the names of their folders: each becomes a class, those that are empty and unnamed are replaced. */
export const setFolders = (folders: ReadonlyMap<string, readonly ImageData[]>): void => {
  const kept = ownClasses.value.filter(({ name, pictures }) => pictures.length > 0 && !folders.has(name))
  ownClasses.value = [...kept, ...[...folders].map(([name, pictures]) => ({ ...newClass(name), pictures }))]
}

export const failed = (error: unknown): void => {
  problem.value = error instanceof Error ? error.message : String(error)
}

/** Teaches the head, or the head and then all layers. The base is the net that is open, or the page's own. */
export const teach = async (part: Lesson['part']): Promise<void> => {
  isTeaching.value = true
  problem.value = undefined
  progress.value = undefined
  try {
    const engine = await computing()
    const classes = ownClasses.value.map(({ name, pictures }) => ({
      name,
      pictures: pictures.map(({ width, height, data }) => ({ width, height, data })),
    }))
    const seen = Comlink.proxy((what: TeachSeen) => void (progress.value = what))
    taught.value = await engine.teach({ classes, part }, seen)
    await refreshFacts(classes.map(({ name }) => name))
  } catch (error) {
    failed(error)
  } finally {
    isTeaching.value = false
  }
}

const place = 'lesson'
/** Milliseconds without a change after which the classes are kept. */
const quiet = 500

/** Keeps the classes with their pictures in the browser's database, and brings back those of the last visit. */
export const keepClasses = async (): Promise<void> => {
  const kept = await get<readonly Omit<OwnClass, 'id'>[]>(place).catch(() => undefined)
  if (kept !== undefined && ownClasses.value.every(({ pictures }) => pictures.length === 0))
    ownClasses.value = kept.map(({ name, pictures }) => ({ ...newClass(name), pictures }))
  let timer: ReturnType<typeof setTimeout> | undefined
  effect(() => {
    const classes = ownClasses.value.map(({ name, pictures }) => ({ name, pictures }))
    clearTimeout(timer)
    // Without room they last as long as the page.
    timer = setTimeout(() => void set(place, classes).catch(() => undefined), quiet)
  })
}
