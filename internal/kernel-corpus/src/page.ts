// Runs the corpus in a page: ?target=webgpu&topic=layers&topic=curves. The report is left on the body, in JSON.
import { checkCorpus } from './check-corpus.ts'
import { topicsOf } from './corpus.ts'
import { targetOf } from './start.ts'

const query = new URLSearchParams(location.search)

try {
  const report = await checkCorpus(targetOf(query.get('target') ?? 'cpu'), {
    cases: topicsOf(query.getAll('topic')),
    progress: (name, faults) => {
      document.title = name
      if (faults.length > 0) console.log(name, ...faults)
    },
  })
  document.body.dataset['report'] = JSON.stringify(report)
} catch (error) {
  document.body.dataset['report'] = JSON.stringify({ error: String(error) })
}
