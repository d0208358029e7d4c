export { type CodeName, codeName, codeSentence, codes, GradmqError } from "./errors.js";
