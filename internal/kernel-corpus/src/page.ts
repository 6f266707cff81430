// Runs the corpus in a page: ?target=webgpu&topic=layers&topic=curves; or loses a context of WebGL: ?lose. The report
// is left on the body, in JSON.
import { checkCorpus } from './check-corpus.ts'
import { topicsOf } from './corpus.ts'
import { targetOf } from './start.ts'

const query = new URLSearchParams(location.search)

const reportOn = async (): Promise<object> =>
  query.has('lose')
    ? (await import('./lose-context.ts')).loseContext()
    : checkCorpus(targetOf(query.get('target') ?? 'cpu'), {
        cases: topicsOf(query.getAll('topic')),
        progress: (name, faults) => {
          document.title = name
          if (faults.length > 0) console.log(name, ...faults)
        },
      })

try {
  document.body.dataset['report'] = JSON.stringify(await reportOn())
} catch (error) {
  document.body.dataset['report'] = JSON.stringify({ error: String(error) })
}
