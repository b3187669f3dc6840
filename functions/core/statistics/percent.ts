/** A share for people, `2.2 %`. @param digits significant ones */
export const percent = (share: number, digits = 3): string => `${Number((share * 100).toPrecision(digits))} %`
