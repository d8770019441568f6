export function patchConsole(): void;
export function setCurrentRequestId(id: string): void;
