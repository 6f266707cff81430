export { imagenetClasses, imagenetSynsets } from './imagenet-classes.ts'
