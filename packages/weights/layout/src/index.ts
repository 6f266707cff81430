export { fits, fromPublished, ourShape, type PublishedLeaf, publishedOf, toPublished } from './layout.ts'
