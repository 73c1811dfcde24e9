package template
import ("testing";"os/exec";"strings";"strconv";"os")
func TestDbg(t *testing.T){
 api:=os.Getenv("API"); sub:=os.Getenv("SUB")
 b,_:=exec.Command("zstdcat","/work/shared/data/bench/paths_dev.tsv.zst").Output()
 o:=Default()
 if f:=os.Getenv("MODEL"); f!="" { x,_:=os.ReadFile(f); m,e:=ReadModel(x); if e!=nil{t.Fatal(e)}; o.Model=m }
 l:=New(o)
 for _,line:=range strings.Split(string(b),"\n") { f:=strings.Split(line,"\t"); if len(f)<6||f[1]!=api{continue}
  st,_:=strconv.Atoi(f[4])
  l.Template(l.Observe(Sample{Method:f[2],Path:f[3],Status:st}))
 }
 for _,x:=range l.Templates(){ if strings.Contains(x.Text,sub) { t.Log(x.Text,x.Count,x.Evidenced); for _,w:=range l.Explain(x){t.Log("   ",w)} } }
}
