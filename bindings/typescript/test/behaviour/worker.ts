import type { Cases } from "./scene.js";
export const workerCases: Cases = {};
