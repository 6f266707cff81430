import { Compose } from './compose/compose.tsx'
import { type Tab, tab, tabs } from './place.ts'
import { Teach } from './teach/teach.tsx'
import { language, languages, type Language, text } from './text/text.ts'
import { Train } from './train/train.tsx'
import { later } from './ui/later.tsx'
import { Use } from './use/use.tsx'
import { theme, type Theme, themes } from './ui/theme.ts'

const views: { readonly [T in Tab]: () => preact.JSX.Element } = {
  compose: Compose,
  train: Train,
  teach: Teach,
  use: Use,
  lessons: later(async () => (await import('./lessons/lessons.tsx')).Lessons),
}

const Tabs = () => {
  // Arrows move between tabs, as the pattern "tabs" of the ARIA Authoring Practices has it.
  const move = (event: KeyboardEvent, by: number): void => {
    event.preventDefault()
    const next = tabs[(tabs.indexOf(tab.value) + by + tabs.length) % tabs.length]!
    tab.value = next
    document.getElementById(`tab-${next}`)?.focus()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowRight') move(event, 1)
    if (event.key === 'ArrowLeft') move(event, -1)
  }
  return (
    <div role="tablist" class="tabs" aria-label={text.value.title} onKeyDown={onKeyDown}>
      {tabs.map((name) => (
        <button
          type="button"
          role="tab"
          key={name}
          id={`tab-${name}`}
          aria-selected={tab.value === name}
          aria-controls="panel"
          tabIndex={tab.value === name ? 0 : -1}
          onClick={() => (tab.value = name)}
        >
          {text.value.tabs[name]}
        </button>
      ))}
    </div>
  )
}

/** Where the documentation is, if it lies beside the page: whoever puts it there says so in the head. */
const documentation = document.querySelector<HTMLLinkElement>('link[rel="help"]')?.href

/** The whole page. */
export const App = () => {
  const words = text.value
  const View = views[tab.value]
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => (event.preventDefault(), document.getElementById('main')?.focus())}
      >
        {words.skip}
      </a>
      <header>
        <div class="brand">
          <h1>{words.title}</h1>
          <p>{words.tagline}</p>
        </div>
        <div class="choices">
          {documentation !== undefined && <a href={documentation}>{words.documentation}</a>}
          <select
            aria-label={words.language}
            value={language.value}
            onChange={({ currentTarget }) => (language.value = currentTarget.value as Language)}
          >
            {Object.entries(languages).map(([name, of]) => (
              <option key={name} value={name}>
                {of.name}
              </option>
            ))}
          </select>
          <select
            aria-label={words.theme.label}
            value={theme.value}
            onChange={({ currentTarget }) => (theme.value = currentTarget.value as Theme)}
          >
            {themes.map((name) => (
              <option key={name} value={name}>
                {words.theme[name]}
              </option>
            ))}
          </select>
        </div>
        <Tabs />
      </header>
      <main id="main" tabIndex={-1}>
        <section id="panel" role="tabpanel" aria-labelledby={`tab-${tab.value}`}>
          <h2>{words[tab.value].title}</h2>
          <View />
        </section>
      </main>
    </>
  )
}
