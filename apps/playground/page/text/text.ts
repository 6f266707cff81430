import { computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import { en, type Texts } from './en.ts'
import { zh } from './zh.ts'

/** The languages of the page, each with its own name. */
export const languages = { en: { name: 'English', texts: en as Texts }, zh: { name: '中文', texts: zh } } as const

export type Language = keyof typeof languages

const isLanguage = (value: string | null): value is Language => value !== null && Object.hasOwn(languages, value)

const first = (): Language => {
  const stored = localStorage.getItem('language')
  if (isLanguage(stored)) return stored
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

/** The language that is shown; it is kept for the next visit. */
export const language = signal<Language>(first())

effect(() => {
  localStorage.setItem('language', language.value)
  document.documentElement.lang = language.value === 'zh' ? 'zh-Hans' : 'en'
})

/** The words in the language that is shown. */
export const text: ReadonlySignal<Texts> = computed(() => languages[language.value].texts)
