'use client'
import { useId, type ForwardedRef, type ReactNode, type SelectHTMLAttributes } from 'react'
import type { DeepgramLabels } from './labels.ts'
import { classNames } from './props.ts'

/** What selects have in common. */
export interface SelectProps extends Omit<SelectHTMLAttributes<HTMLSelectElement>, 'children' | 'value' | 'multiple'> {
  /** Own words. */
  labels?: DeepgramLabels | undefined
}

interface SelectFieldProps extends Omit<SelectHTMLAttributes<HTMLSelectElement>, 'name'> {
  selectRef: ForwardedRef<HTMLSelectElement>
  name: string
  choices: readonly (readonly [value: string, text: string])[]
  onPick: ((value: string) => void) | undefined
  after?: ReactNode
}

/** A native select with its label. */
export function SelectField({
  selectRef,
  name,
  choices,
  onPick,
  after,
  onChange,
  className,
  ...rest
}: SelectFieldProps) {
  const id = useId()
  return (
    <span className="dg-field">
      <label htmlFor={rest.id ?? id}>{name}</label>
      <select
        id={id}
        {...rest}
        ref={selectRef}
        className={classNames('dg-select', className)}
        onChange={(event) => {
          onChange?.(event)
          onPick?.(event.currentTarget.value)
        }}
      >
        {choices.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      {after}
    </span>
  )
}
