/** Words that people type for a command, because other programs call it so. */
export const commandSynonyms: { readonly [command: string]: readonly string[] } = {
  train: ['fit', 'learn', 'start', 'resume', 'continue', 'finetune'],
  sweep: ['search', 'tune', 'hyperparameters', 'grid', 'hpo', 'optimise', 'optimize'],
  eval: ['evaluate', 'evaluation', 'test', 'validate', 'val', 'score', 'accuracy'],
  predict: ['classify', 'infer', 'inference', 'run', 'recognise', 'recognize', 'label'],
  summary: ['info', 'describe', 'inspect', 'print', 'net', 'model', 'params', 'layers'],
  nets: ['list', 'ls', 'models', 'networks', 'zoo', 'archs'],
  page: ['serve', 'playground', 'ui', 'web', 'gui', 'app', 'site', 'demo'],
  import: ['convert', 'load', 'from-torch', 'load-weights'],
  export: ['save', 'to-torch', 'save-weights', 'publish'],
  data: ['dataset', 'datasets', 'images'],
  'data fetch': ['download', 'fetch', 'get', 'pull'],
  'data verify': ['verify', 'validate-data'],
  completion: ['complete', 'completions', 'autocomplete'],
  doctor: ['check', 'diagnose', 'status', 'env', 'backends', 'devices', 'setup'],
}

/** Words that people type for a flag, because other programs call it so. */
export const flagSynonyms: { readonly [flag: string]: readonly string[] } = {
  net: ['model', 'arch', 'architecture', 'network'],
  preset: ['recipe', 'config', 'profile'],
  data: ['dataset', 'data-dir', 'data-path', 'dataset-dir', 'folder'],
  epochs: ['num-epochs', 'max-epochs', 'passes', 'iterations'],
  batch: ['batch-size', 'bs', 'minibatch', 'mini-batch'],
  lr: ['learning-rate', 'learn-rate', 'rate', 'step-size', 'alpha'],
  schedule: ['scheduler', 'lr-schedule', 'lr-scheduler', 'decay-schedule'],
  optimiser: ['optimizer', 'optim', 'opt', 'solver'],
  momentum: ['beta', 'mom'],
  'weight-decay': ['wd', 'decay', 'l2', 'regularisation', 'regularization'],
  smoothing: ['label-smoothing', 'smooth'],
  resize: ['image-size', 'img-size', 'size', 'side', 'resolution'],
  flip: ['mirror', 'hflip', 'horizontal-flip', 'augment', 'augmentation'],
  crop: ['random-crop', 'padding', 'pad'],
  normalise: ['normalize', 'standardise', 'standardize'],
  images: ['limit', 'examples', 'samples', 'train-size'],
  seed: ['random-seed', 'rng', 'random-state'],
  'save-steps': ['checkpoint-steps', 'save-every', 'save-interval', 'checkpoint-every', 'save-freq'],
  backend: ['device', 'engine', 'accelerator', 'gpu'],
  threads: ['workers', 'num-workers', 'num-threads', 'cores', 'cpus', 'jobs'],
  out: ['output', 'output-dir', 'out-dir', 'save-dir', 'run-dir', 'dir', 'file', 'name'],
  resume: ['continue', 'checkpoint', 'restore', 'load', 'run'],
  from: ['pretrained', 'init', 'weights', 'finetune', 'initial-checkpoint'],
  top: ['k', 'topk', 'top-k', 'count'],
  index: ['id', 'idx', 'number', 'image'],
  invert: ['negate', 'negative', 'swap'],
  input: ['input-size', 'input-shape', 'shape', 'image-size', 'size'],
  classes: ['num-classes', 'n-classes', 'outputs'],
  depth: ['level', 'levels', 'max-depth', 'verbose'],
  format: ['keys', 'library', 'framework', 'scheme'],
  mirror: ['url', 'base-url', 'source'],
  columns: ['cols', 'per-class', 'count', 'n'],
  split: ['part', 'set', 'subset'],
  port: ['listen', 'address', 'host'],
  open: ['browser', 'launch'],
  debug: ['verbose', 'stack', 'trace'],
  help: ['usage', 'man'],
}

/** The names of a list whose synonyms a word is. */
export const meantBy = (
  word: string,
  names: readonly string[],
  synonyms: { readonly [name: string]: readonly string[] },
): readonly string[] => {
  const given = word.toLowerCase().replaceAll('_', '-')
  return names.filter((name) => Object.hasOwn(synonyms, name) && synonyms[name]!.includes(given))
}
