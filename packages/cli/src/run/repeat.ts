import { presets } from '@resfn/recipe'
import { kebab } from '../text/kebab.ts'
import { shellWord } from '../text/shell-word.ts'
import { type Settings, settingsFrom } from './settings.ts'

const wordsOf = ([name, value]: readonly [string, string | number | boolean]): string =>
  typeof value === 'boolean'
    ? `--${kebab(value ? name : `no-${name}`)}`
    : `--${kebab(name)} ${shellWord(String(value))}`

/** The command that starts a run with the same settings: the preset, and every flag that differs from it. */
export const repeatCommand = ({ preset, ...settings }: Settings): string => {
  const base = Object.hasOwn(presets, preset) ? settingsFrom({ preset }) : undefined
  const given = Object.entries(settings).filter(
    ([name, value]) =>
      base?.[name as keyof Settings] !== value &&
      (settings.teacher !== '' || !['teacher', 'temperature', 'distillation'].includes(name)),
  )
  return ['resfn train', ...(base === undefined ? [] : [`--preset ${shellWord(preset)}`]), ...given.map(wordsOf)].join(
    ' ',
  )
}

/** The settings as the command line names them. */
export const settingFacts = (settings: Settings): readonly { readonly name: string; readonly value: string }[] =>
  Object.entries(settings).map(([name, value]) => ({
    name: kebab(name),
    value: typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value),
  }))
