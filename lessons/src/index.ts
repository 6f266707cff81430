export { type ImageChoice, chooseImages } from './images.ts'
export {
  type Cell,
  type Conclusion,
  type Finding,
  type Language,
  type Lesson,
  lesson,
  type LessonParts,
  type Picture,
  type Scale,
  type Table,
  type Words,
} from './lesson.ts'
export { lessons } from './lessons.ts'
export { coursePages } from './course.ts'
export { lessonPages, type PageFile } from './page.ts'
export { standalone, type Theme } from './draw.ts'
export { type LessonRun, type Measured, OtherMeasurementError, runLesson } from './run-lesson.ts'
export { type Spread, spread } from './spread.ts'
export { readText, type LessonText } from './text.ts'
export type { LessonData, Store, Tools } from './tools.ts'
export { InterruptedError } from './train-net.ts'
