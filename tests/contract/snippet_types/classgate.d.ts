export function call(path: string, body?: object, options?: {method?: string, tries?: number}): Promise<any>;
export function keepPresent(classroomId: number, options?: object): Promise<string>;
