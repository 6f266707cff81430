// Written by scripts/build-kernels.mjs from assembly/*.ts: do not edit.
/** The arguments of every routine, in the order of their memory. */
export const routines = {
  adamSteps: {
    rows: 'usize', count: 'i32', share: 'f32', beta2: 'f32', squareShare: 'f32', epsilon: 'f32',
    rate: 'f32',
  },
  add: {
    a: 'usize', b: 'usize', sum: 'usize', count: 'i32',
  },
  addRowSums: {
    rows: 'usize', count: 'i32', sums: 'usize', out: 'usize',
  },
  addScaled: {
    rows: 'usize', count: 'i32', factor: 'f32',
  },
  avgPoolGradient: {
    dy: 'usize', x: 'usize', dx: 'usize', batch: 'i32', height: 'i32', width: 'i32', channels: 'i32',
    outHeight: 'i32', outWidth: 'i32', filterHeight: 'i32', filterWidth: 'i32', stepY: 'i32',
    stepX: 'i32', top: 'i32', left: 'i32', dilationY: 'i32', dilationX: 'i32',
  },
  columnSums: {
    x: 'usize', partial: 'usize', groups: 'i32', rows: 'i32', columns: 'i32', chunkRows: 'i32',
  },
  combineGradient: {
    partial: 'usize', weight: 'usize', variance: 'usize', dweight: 'usize', dbias: 'usize',
    coefficients: 'usize', rows: 'i32', channels: 'i32', chunkRows: 'i32', epsilon: 'f32',
  },
  combineMoments: {
    partial: 'usize', mean: 'usize', variance: 'usize', rows: 'i32', channels: 'i32', chunkRows: 'i32',
  },
  combineSums: {
    partial: 'usize', out: 'usize', groups: 'i32', chunks: 'i32', columns: 'i32', divisor: 'i32',
  },
  convolve: {
    source: 'usize', packed: 'usize', bias: 'usize', residual: 'usize', out: 'usize', scratch: 'usize',
    threadBytes: 'usize', zeros: 'usize', batch: 'i32', rows: 'i32', columns: 'i32', stepY: 'i32',
    stepX: 'i32', height: 'i32', width: 'i32', depth: 'i32', outHeight: 'i32', outWidth: 'i32',
    outDepth: 'i32', outStepY: 'i32', outStepX: 'i32', outFirstY: 'i32', outFirstX: 'i32', taps: 'i32',
    offsets: 'usize', gather: 'i32', groups: 'i32', abreast: 'i32', low: 'f32', high: 'f32',
  },
  copyBlocks: {
    from: 'usize', to: 'usize', planes: 'i32', rows: 'i32', columns: 'i32', count: 'i32',
    fromPlane: 'i32', fromRow: 'i32', fromColumn: 'i32', toPlane: 'i32', toRow: 'i32', toColumn: 'i32',
  },
  depthwise: {
    x: 'usize', filter: 'usize', bias: 'usize', residual: 'usize', y: 'usize', scratch: 'usize',
    threadBytes: 'usize', batch: 'i32', height: 'i32', width: 'i32', channels: 'i32', multiplier: 'i32',
    outHeight: 'i32', outWidth: 'i32', filterHeight: 'i32', filterWidth: 'i32', stepY: 'i32',
    stepX: 'i32', dilationY: 'i32', dilationX: 'i32', top: 'i32', left: 'i32', low: 'f32', high: 'f32',
  },
  depthwiseFilterGradient: {
    x: 'usize', filter: 'usize', bias: 'usize', residual: 'usize', y: 'usize', scratch: 'usize',
    threadBytes: 'usize', batch: 'i32', height: 'i32', width: 'i32', channels: 'i32', multiplier: 'i32',
    outHeight: 'i32', outWidth: 'i32', filterHeight: 'i32', filterWidth: 'i32', stepY: 'i32',
    stepX: 'i32', dilationY: 'i32', dilationX: 'i32', top: 'i32', left: 'i32', low: 'f32', high: 'f32',
  },
  depthwiseInputGradient: {
    x: 'usize', filter: 'usize', bias: 'usize', residual: 'usize', y: 'usize', scratch: 'usize',
    threadBytes: 'usize', batch: 'i32', height: 'i32', width: 'i32', channels: 'i32', multiplier: 'i32',
    outHeight: 'i32', outWidth: 'i32', filterHeight: 'i32', filterWidth: 'i32', stepY: 'i32',
    stepX: 'i32', dilationY: 'i32', dilationX: 'i32', top: 'i32', left: 'i32', low: 'f32', high: 'f32',
  },
  filterGradient: {
    x: 'usize', dy: 'usize', dw: 'usize', scratch: 'usize', threadBytes: 'usize', zeros: 'usize',
    batch: 'i32', rows: 'i32', columns: 'i32', stepY: 'i32', stepX: 'i32', height: 'i32', width: 'i32',
    depth: 'i32', outDepth: 'i32', taps: 'i32', offsets: 'usize', groups: 'i32', block: 'i32',
    together: 'i32', abreast: 'i32',
  },
  gradientMoments: {
    dy: 'usize', x: 'usize', mean: 'usize', partial: 'usize', rows: 'i32', channels: 'i32',
    chunkRows: 'i32',
  },
  imageRanges: {
    x: 'usize', largest: 'usize', mean: 'usize', images: 'i32', size: 'i32',
  },
  lambDirections: {
    rows: 'usize', count: 'i32', sums: 'usize', share: 'f32', beta2: 'f32', squareShare: 'f32',
    epsilon: 'f32', correction: 'f32', decay: 'f32',
  },
  lambSteps: {
    rows: 'usize', count: 'i32', sums: 'usize', rate: 'f32',
  },
  maxPoolGradient: {
    dy: 'usize', x: 'usize', dx: 'usize', batch: 'i32', height: 'i32', width: 'i32', channels: 'i32',
    outHeight: 'i32', outWidth: 'i32', filterHeight: 'i32', filterWidth: 'i32', stepY: 'i32',
    stepX: 'i32', top: 'i32', left: 'i32', dilationY: 'i32', dilationX: 'i32',
  },
  moments: {
    x: 'usize', partial: 'usize', rows: 'i32', channels: 'i32', chunkRows: 'i32',
  },
  momentumSteps: {
    rows: 'usize', count: 'i32', learningRate: 'f32', momentum: 'f32', nesterov: 'i32',
  },
  narrowFilterGradient: {
    x: 'usize', dy: 'usize', dw: 'usize', scratch: 'usize', threadBytes: 'usize', batch: 'i32',
    height: 'i32', width: 'i32', depth: 'i32', outHeight: 'i32', outWidth: 'i32', outDepth: 'i32',
    groups: 'i32', stride: 'i32', top: 'i32', left: 'i32', band: 'i32',
  },
  narrowGroups: {
    source: 'usize', packed: 'usize', bias: 'usize', out: 'usize', scratch: 'usize',
    threadBytes: 'usize', batch: 'i32', height: 'i32', width: 'i32', depth: 'i32', outHeight: 'i32',
    outWidth: 'i32', outDepth: 'i32', groups: 'i32', stride: 'i32', top: 'i32', left: 'i32',
    band: 'i32', low: 'f32', high: 'f32',
  },
  normalise: {
    x: 'usize', mean: 'usize', variance: 'usize', weight: 'usize', bias: 'usize', y: 'usize',
    scratch: 'usize', rows: 'i32', channels: 'i32', epsilon: 'f32',
  },
  normaliseGradient: {
    dy: 'usize', x: 'usize', mean: 'usize', coefficients: 'usize', dx: 'usize', rows: 'i32',
    channels: 'i32',
  },
  pack: {
    w: 'usize', packed: 'usize', tapAt: 'usize', taps: 'i32', depth: 'i32', outDepth: 'i32',
    groups: 'i32', depthStride: 'usize', outStride: 'usize', groupStride: 'usize',
  },
  packNarrow: {
    w: 'usize', packed: 'usize', tapAt: 'usize', depth: 'i32', outDepth: 'i32', groups: 'i32',
    depthStride: 'usize', outStride: 'usize', groupStride: 'usize',
  },
  padRows: {
    from: 'usize', to: 'usize', rows: 'i32', width: 'i32', stride: 'i32',
  },
  relu: {
    x: 'usize', y: 'usize', count: 'i32',
  },
  reluGradient: {
    dy: 'usize', y: 'usize', dx: 'usize', count: 'i32',
  },
  rowSums: {
    x: 'usize', out: 'usize', rows: 'i32', length: 'i32', divisor: 'i32',
  },
  scaleAll: {
    rows: 'usize', count: 'i32', factor: 'usize',
  },
  scaleShift: {
    x: 'usize', scale: 'usize', shift: 'usize', residual: 'usize', y: 'usize', images: 'i32',
    pixels: 'i32', channels: 'i32', scaleStride: 'usize', low: 'f32', high: 'f32',
  },
  squareSums: {
    rows: 'usize', count: 'i32', sums: 'usize',
  },
  winograd: {
    source: 'usize', filter: 'usize', bias: 'usize', residual: 'usize', out: 'usize', scratch: 'usize',
    threadBytes: 'usize', zeros: 'usize', batch: 'i32', height: 'i32', width: 'i32', depth: 'i32',
    outHeight: 'i32', outWidth: 'i32', outDepth: 'i32', groups: 'i32', top: 'i32', left: 'i32',
    block: 'i32', abreast: 'i32', low: 'f32', high: 'f32', filterStride: 'usize',
  },
  winogradFilter: {
    w: 'usize', out: 'usize', tapAt: 'usize', depth: 'i32', outDepth: 'i32', groups: 'i32',
    depthStride: 'usize', outStride: 'usize', groupStride: 'usize', pointStride: 'usize',
  },
  winogradFilterGradient: {
    xTiles: 'usize', dyTiles: 'usize', products: 'usize', dw: 'usize', depth: 'i32', outDepth: 'i32',
    groups: 'i32', count: 'i32', block: 'usize', xStride: 'usize', dyStride: 'usize', isFirst: 'i32',
    isLast: 'i32', allUnits: 'i32', abreast: 'i32',
  },
  winogradPanels: {
    tiles: 'usize', kept: 'usize', keptStride: 'usize', w: 'usize', tapAt: 'usize',
    depthStride: 'usize', outStride: 'usize', groupStride: 'usize', bias: 'usize', residual: 'usize',
    out: 'usize', scratch: 'usize', threadBytes: 'usize', batch: 'i32', outHeight: 'i32',
    outWidth: 'i32', depth: 'i32', outDepth: 'i32', groups: 'i32', pointStride: 'usize', abreast: 'i32',
    low: 'f32', high: 'f32',
  },
  winogradSource: {
    source: 'usize', out: 'usize', scratch: 'usize', zeros: 'usize', batch: 'i32', height: 'i32',
    width: 'i32', depth: 'i32', outHeight: 'i32', outWidth: 'i32', top: 'i32', left: 'i32',
    pointStride: 'usize',
  },
  winogradTiles: {
    x: 'usize', dy: 'usize', xOut: 'usize', dyOut: 'usize', scratch: 'usize', zeros: 'usize',
    height: 'i32', width: 'i32', depth: 'i32', outHeight: 'i32', outWidth: 'i32', outDepth: 'i32',
    top: 'i32', left: 'i32', first: 'i32', count: 'i32', xStride: 'usize', dyStride: 'usize',
    block: 'i32',
  },
} as const

/** The sizes of assembly/sizes.ts. */
export const sizes = {
  PANEL: 8,
  ROWS: 6,
  SUMS_BYTES: 192,
  BLOCK: 16,
  POINTS: 36,
  POINTER_BYTES: 160,
  TRANSFORM_BYTES: 736,
  PRODUCT_BYTES: 1152,
  UNIT_BYTES: 4608,
  APART_BYTES: 64,
  RUN: 8,
} as const
