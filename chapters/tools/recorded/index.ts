/**
 * What the cells with the mark `recorded` import as `course/recorded`: they run on Apache Kafka, where the reader has one, and show what was recorded where there
 * is none. Only notebooks run them; a page shows the recording.
 */
export { logAbout } from './offsetsLog.ts';
export { onApacheKafka, type Place } from './onApacheKafka.ts';
