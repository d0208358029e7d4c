import type { Cases } from "./scene.js";
export const pushCases: Cases = {};
