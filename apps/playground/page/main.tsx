import '@picocss/pico/css/pico.min.css'
import './style.css'
import { effect } from '@preact/signals'
import { render } from 'preact'
import { App } from './app.tsx'
import { asked, followAddress } from './place.ts'
import { useServiceWorker } from './service-worker/register.ts'
import { keepClasses } from './teach/teaching.ts'
import { text } from './text/text.ts'
import { openFromSite } from './use/using.ts'
import { restore } from './train/training.ts'

followAddress()
if (asked.value !== undefined) void openFromSite(asked.value)
effect(() => void (document.title = text.value.title))
void restore()
void keepClasses()
void useServiceWorker()
render(<App />, document.getElementById('app')!)
