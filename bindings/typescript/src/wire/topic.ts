/** Topics of what a coordinator publishes, section 2. Each is the whole topic, to subscribe to. */
export const topics = {
    parameters: (model: string, stream: string): string => `params/${model}/${stream}/`,
    acknowledgement: (model: string, worker: string): string => `ack/${model}/${worker}/`,
    everybody: (model: string): string => `event/${model}/all/`,
    worker: (model: string, worker: string): string => `event/${model}/w/${worker}/`,
    announcement: (model: string): string => `announce/${model}/`,
    malformed: (model: string): string => `malformed/${model}/`,
    sync: (nonce: bigint): string => `sync/${nonce.toString(16).padStart(16, "0")}/`,
};

const SYNC = Buffer.from("sync/");

/** True for the topic of a mark that a Sync asked for. */
export function isSyncTopic(topic: Buffer): boolean {
    return topic.length > SYNC.length && topic.subarray(0, SYNC.length).equals(SYNC);
}
