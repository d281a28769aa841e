// Runs a script on Kubernetes objects as Argo CD runs health scripts and actions: with the same interpreter and the same few
// libraries. Argument: the script's file. Reads a JSON array of objects, and writes the array of what the script returns for each.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	lua "github.com/yuin/gopher-lua"
)

func main() {
	script, err := os.ReadFile(os.Args[1])
	if err != nil {
		fail(err)
	}
	decoder := json.NewDecoder(os.Stdin)
	var objects []map[string]any
	if err := decoder.Decode(&objects); err != nil {
		fail(err)
	}
	results := make([]any, 0, len(objects))
	for index, object := range objects {
		result, err := run(string(script), object)
		if err != nil {
			fail(fmt.Errorf("object %d: %w", index, err))
		}
		results = append(results, result)
	}
	// Argo CD shows a script's text as it is.
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(results); err != nil {
		fail(err)
	}
	os.Stdout.Write(out.Bytes())
}

func run(script string, object map[string]any) (any, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	open(state, lua.LoadLibName, lua.OpenPackage)
	open(state, lua.BaseLibName, lua.OpenBase)
	open(state, lua.TabLibName, lua.OpenTable)
	state.PreloadModule(lua.OsLibName, safeOs)
	state.SetGlobal("obj", toLua(state, object))
	if err := state.DoString(script); err != nil {
		return nil, err
	}
	return fromLua(state.Get(-1)), nil
}

func open(state *lua.LState, name string, library lua.LGFunction) {
	if err := state.CallByParam(lua.P{Fn: state.NewFunction(library), NRet: 0, Protect: true}, lua.LString(name)); err != nil {
		fail(err)
	}
}

// safeOs gives a script that requires `os` what asks for the time, and nothing else. There is no global of that name.
func safeOs(state *lua.LState) int {
	other := lua.NewState()
	defer other.Close()
	whole := other.GetGlobal(lua.OsLibName).(*lua.LTable)
	safe := state.NewTable()
	for _, name := range []string{"time", "date"} {
		safe.RawSetString(name, state.NewFunction(whole.RawGetString(name).(*lua.LFunction).GFunction))
	}
	state.Push(safe)
	return 1
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case string:
		return lua.LString(value)
	case float64:
		return lua.LNumber(value)
	case bool:
		return lua.LBool(value)
	case []any:
		table := state.NewTable()
		for _, item := range value {
			table.Append(toLua(state, item))
		}
		return table
	case map[string]any:
		table := state.NewTable()
		for key, item := range value {
			table.RawSetString(key, toLua(state, item))
		}
		return table
	default:
		return lua.LNil
	}
}

// fromLua makes of a table with items at 1, 2, … a list, and of any other an object.
func fromLua(value lua.LValue) any {
	switch value := value.(type) {
	case lua.LString:
		return string(value)
	case lua.LNumber:
		return float64(value)
	case lua.LBool:
		return bool(value)
	case *lua.LTable:
		if value.Len() > 0 {
			list := make([]any, 0, value.Len())
			for index := 1; index <= value.Len(); index++ {
				list = append(list, fromLua(value.RawGetInt(index)))
			}
			return list
		}
		object := map[string]any{}
		value.ForEach(func(key, item lua.LValue) { object[key.String()] = fromLua(item) })
		return object
	default:
		return nil
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
